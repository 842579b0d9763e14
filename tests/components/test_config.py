"""params.yaml: valid as it is; and every wrong key said at once, by full name, with what was found."""

import re
from pathlib import Path

import pytest
from ruamel.yaml import YAML

from components import parts
from components.config import Params, as_yaml, load_params
from components.errors import ConfigError

FILE = Path(__file__).resolve().parents[2] / "params.yaml"

GOOD = """\
seed: 0
recipe: kdsr
data:
  source: {name: folder, validation: 0.2}
recipes:
  kdsr:
    network: small
    degradation:
      - {name: gaussian_blur, width: [0.2, 4.0]}
      - {name: bicubic_downsample, scale: 4}
      - {name: quantise}
    teacher: {steps: 1000, batch: 16, patch: 64, pool: 4096, learning_rate: 2e-3}
    student: {steps: 400, batch: 8, patch: 64, pairs: 48, learning_rate: 1e-3}
    benchmark:
      protocol: sr_y
      references: [bicubic]
      degradations:
        sharp: {name: bicubic_downsample, scale: 4}
        width 1.8:
          - {name: gaussian_blur, width: 1.8}
          - {name: bicubic_downsample, scale: 4}
gate:
  min_gain_db: 0.05
  min_gain_over_reference_db: 0.1
registry:
  model_name: restill-kdsr
"""


@pytest.fixture
def write(tmp_path):
    """Write GOOD with some words replaced, each of which must be there."""

    def write(*changes, text=GOOD, name="params.yaml"):
        for old, new in changes:
            assert old in text
            text = text.replace(old, new, 1)
        file = tmp_path / name
        file.write_bytes(text if isinstance(text, bytes) else text.encode())
        return file

    return write


def refusal(file, **options):
    with pytest.raises(ConfigError) as caught:
        load_params(file, **options)
    first, *rest = str(caught.value).splitlines()
    assert first.startswith(str(file))
    return [first.removeprefix(str(file)), *(line.strip() for line in rest)]


def test_the_parameter_file_of_the_project_is_valid():
    params = load_params(FILE)
    assert params.chosen is params.recipes[params.recipe]


def test_every_recipe_has_a_block_and_every_block_a_recipe():
    blocks = load_params(FILE).recipes.values()
    assert sorted({block.name for block in blocks}) == parts.names("recipes")


def test_the_champions_name_takes_that_of_the_chosen_block():
    params = load_params(FILE)
    assert params.registry.model_name == f"restill-{params.recipe}"
    others = [key for key in params.recipes if key != params.recipe]
    assert load_params(FILE, recipe=others[0]).registry.model_name == f"restill-{others[0]}"


def test_no_key_is_named_size_or_nfiles():
    # DVC leaves parameters of these names out of its run cache: treeverse/dvc#10296.
    def keys(node):
        if isinstance(node, list):
            return {key for child in node for key in keys(child)}
        return {*node, *keys(list(node.values()))} if isinstance(node, dict) else set()

    for text in (FILE.read_text(), as_yaml(load_params(FILE))):
        found = keys(YAML(typ="safe", pure=True).load(text))
        assert {"seed", "steps"} <= found
        assert found.isdisjoint({"size", "nfiles"})


def test_blocks_stand_in_the_order_of_the_way():
    assert list(YAML(typ="safe", pure=True).load(FILE)) == list(Params.model_fields)


def test_parameters_written_out_are_read_back_equal(write):
    params = load_params(write())
    text = as_yaml(params)
    assert "warmup_steps: 0" in text  # a default
    assert load_params(write(text=text, name="full.yaml")) == params


def test_numbers_are_read_as_yaml_1_2_does(write):
    train = load_params(write(("2e-3", "1e-4"), ("steps: 1000", "steps: 010"))).chosen.teacher
    assert train.learning_rate == 1e-4
    assert train.steps == 10


def test_a_list_of_degradations_is_a_chain(write):
    degradation = load_params(write()).chosen.degradation
    assert [step.name for step in degradation.steps] == [
        "gaussian_blur",
        "bicubic_downsample",
        "quantise",
    ]


@pytest.mark.parametrize(
    ("old", "new", "line"),
    [
        ("seed: 0", "seed: -1", "seed: Input should be greater than or equal to 0 (got -1)"),
        ("seed: 0", "seed: 1.0", "seed: Input should be a valid integer (got 1.0)"),
        ("batch: 16", "batch: true", "recipes.kdsr.teacher.batch: *integer (got True)"),
        (
            "2e-3",
            '"1e-4"',
            "recipes.kdsr.teacher.learning_rate: *a number has no quotes (got '1e-4')",
        ),
        ("2e-3", ".nan", "recipes.kdsr.teacher.learning_rate: *finite number (got nan)"),
        ("2e-3", ".inf", "recipes.kdsr.teacher.learning_rate: *finite number (got inf)"),
        ("pool: 4096", "pool: 0", "recipes.kdsr.teacher: needs either pool or pairs above 0 *"),
        ("pool: 4096", "pool: 9, pairs: 9", "recipes.kdsr.teacher: needs either pool or pairs *"),
        ("pool: 4", "decay: halve, pool: 4", "recipes.kdsr.teacher: halve_every must be above 0 *"),
        ("pool: 4", "halve_every: 9, pool: 4", "recipes.kdsr.teacher: halve_every *only then*"),
        ("pool: 4", "decay: linear, pool: 4", "recipes.kdsr.teacher.decay: *'cosine'*'linear')"),
        (
            "{name: gaussian_blur, width: [",
            "{name: gaussian_blur, widht: [",
            "recipes.kdsr.degradation.0.widht: unknown key; did you mean 'width'? (got [0.2, 4.0])",
        ),
        (
            "[0.2, 4.0]",
            "[4.0, 0.2]",
            "recipes.kdsr.degradation.0.width: needs 0 <= low <= high (got [4.0, 0.2])",
        ),
        (
            "width: 1.8}",
            "wide: 1.8}",
            "recipes.kdsr.benchmark.degradations.'width 1.8'.0.wide: unknown key; *(got 1.8)",
        ),
        (
            "sharp: {name: bicubic_downsample, scale: 4}",
            "sharp: {name: bicubic_downsample, scales: 4}",
            "recipes.kdsr.benchmark.degradations.sharp.scales: *did you mean 'scale'? (got 4)",
        ),
        (
            "sharp: {name: bicubic_downsample, scale: 4}",
            "sharp: {name: bicubic_downsample, scale: 2}",
            "recipes.kdsr: *need one scale, they have degradation: 4, sharp: 2, width 1.8: 4 *",
        ),
        (
            "name: quantise",
            "name: quantize",
            "recipes.kdsr.degradation.2: no part 'quantize' in degradations *mean 'quantise'?",
        ),
        ("network: small", "network: smal", "recipes.kdsr.network: no preset *small*"),
        (
            "network: small",
            "network: {name: kdsr, channel: 8}",
            "recipes.kdsr.network.channel: unknown key; did you mean 'channels'? (got 8)",
        ),
        (
            "protocol: sr_y",
            "protocol: sr_x",
            "recipes.kdsr.benchmark.protocol: no part 'sr_x' in protocols *did you mean 'sr_y'?",
        ),
        (
            "references: [bicubic]",
            "references: [bicubic, bilinear]",
            "recipes.kdsr.benchmark.references.1: no part 'bilinear' in models *",
        ),
        (
            "[bicubic]",
            "[bicubic, kdsr]",
            "recipes.kdsr.benchmark.references.1: must be a model without weights *(got 'kdsr')",
        ),
        ("[bicubic]", "[]", "recipes.kdsr.benchmark.references: *at least 1 item*"),
        (
            "recipe: kdsr",
            "recipe: kdrs",
            "recipe: no such block *did you mean 'kdsr'? (got 'kdrs')",
        ),
        ("gate:\n  min_gain_db: 0.05", "gate:", "gate.min_gain_db: is missing"),
        (
            "name: folder",
            "nmae: folder",
            "data.source: needs a mapping with a key 'name', one of *",
        ),
        (
            "validation: 0.2",
            "validaton: 0.2",
            "data.source.validaton: *mean 'validation'? (got 0.2)",
        ),
        ("validation: 0.2", "test: 0.95", "data.source: validation + test must stay below 1 *"),
        ("min_gain_db: 0.05", "min_gain_db: 0", "gate.min_gain_db: *greater than 0 (got 0)"),
        (
            "min_gain_db: 0.05",
            "min_gain_db: 0.05\n  min_pictures: 2",
            "gate.min_pictures: *greater than or equal to 3 (got 2)",
        ),
        (
            "min_gain_db: 0.05",
            "min_gain_db: 0.05\n  mode: on",
            "gate.mode: *'off', 'dry_run' or 'enforce' (got 'on')",
        ),
        (
            "min_gain_db: 0.05",
            "min_gain_db: 0.05\n  budget: {latency: 3.0}",
            "gate.budget.latency: unknown key; did you mean 'latency_ms'? (got 3.0)",
        ),
        (
            "min_gain_db: 0.05",
            "min_gain_db: 0.05\n  floors: {psnr_db: high}",
            "gate.floors.psnr_db: *valid number* (got 'high')",
        ),
        ("restill-kdsr", "'a b'", "registry.model_name: *pattern* (got 'a b')"),
        (
            "    network: small",
            "    name: fakd",
            "recipes.kdsr: no part 'fakd' in recipes*",
        ),
        ("seed: 0", "seed: 0\n1: 2", "1: Keys should be strings (got 1)"),
        ("seed: 0", "seed: 2024-01-01", "seed: *valid integer (got datetime.date(2024, 1, 1))"),
    ],
)
def test_a_wrong_key_is_named_in_full_with_what_was_found(write, old, new, line):
    pattern = ".*".join(map(re.escape, line.split("*")))
    lines = refusal(write((old, new)))
    assert any(re.fullmatch(pattern, found) for found in lines), lines


def test_every_wrong_key_is_named_at_once(write):
    file = write(
        ("seed: 0", "seed: x\nfoo: 3"),
        ("recipe: kdsr", "recipe: kdrs"),
        ("validation: 0.2", "validation: 2"),
        ("width: [0.2, 4.0]", "widht: 1"),
        ("teacher: {steps", "teacher: {stepz"),
        ("width: 1.8}", "width: -1}"),
        ("gate:", "gaet:"),
        ("model_name: restill-kdsr", "model_name: 3"),
    )
    first, *lines = refusal(file)
    assert first == ": 11 wrong keys"
    assert {line.split(": ")[0] for line in lines} == {
        "seed",
        "recipe",
        "data.source.validation",
        "recipes.kdsr.degradation.0.widht",
        "recipes.kdsr.teacher.steps",
        "recipes.kdsr.teacher.stepz",
        "recipes.kdsr.benchmark.degradations.'width 1.8'.0.width",
        "gate",
        "registry.model_name",
        "foo",
        "gaet",
    }


def test_a_long_value_is_shortened(write):
    lines = refusal(write(("    benchmark:", "    benchmarks:")))
    assert max(map(len, lines)) < 200
    assert any(line.startswith("recipes.kdsr.benchmarks: ") and "...)" in line for line in lines)


@pytest.mark.parametrize("block", ["3", "[]", "kdsr"])
def test_a_recipe_that_is_no_block_is_refused(write, block):
    head, tail = GOOD.split("recipes:\n")
    text = f"{head}recipes: {{kdsr: {block}}}\n{tail[tail.index('gate:') :]}"
    assert any("recipes.kdsr: needs a mapping" in line for line in refusal(write(text=text)))


def test_an_empty_recipe_says_all_that_is_missing(write):
    head, tail = GOOD.split("recipes:\n")
    text = f"{head}recipes: {{kdsr: }}\n{tail[tail.index('gate:') :]}"
    assert refusal(write(text=text))[1:] == [
        f"recipes.kdsr.{key}: is missing"
        for key in ("degradation", "teacher", "student", "benchmark")
    ]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("seed: 0\nrecipe: a\nseed: 1\n", ':3: found duplicate key "seed"'),
        ("gate:\n  min_gain_db: 1\n  min_gain_db: 2\n", ':3: found duplicate key "min_gain_db"'),
        ("data:\n\tsource: 3\n", ":2: found character '\\t'"),
        ("seed: [1\n", ":2: expected ',' or ']'"),
        ("seed: 0\n---\nseed: 1\n", ":2: but found another document"),
        ("seed: !!python/object:os.system 1\n", ":1: could not determine a constructor"),
        ("seed: 0\nrecipe: \x01\n", ":2: holds a control character"),
        (b"recipe: caf\xe9\n", ": is not UTF-8 text (byte 11)"),
        ("", ": needs a mapping at the top, with the keys seed, recipe, data"),
        ("- seed\n- recipe\n", ": needs a mapping at the top"),
        ("seed", ": needs a mapping at the top"),
    ],
)
def test_a_file_that_is_no_parameter_file_is_refused_with_its_line(write, text, message):
    assert refusal(write(text=text))[0].startswith(message)


def test_a_missing_file_is_refused_by_name(tmp_path):
    assert refusal(tmp_path / "no.yaml") == [": cannot be read: No such file or directory"]


def test_an_overlay_changes_what_it_names_and_nothing_else(write):
    overlay = write(text="recipes: {kdsr: {teacher: {steps: 2}}}\n", name="smoke.yaml")
    plain, laid = load_params(write()), load_params(write(), overlay)
    assert laid.chosen.teacher.steps == 2
    changed = {"teacher": plain.chosen.teacher.model_copy(update={"steps": 2})}
    assert laid.chosen == plain.chosen.model_copy(update=changed)


def test_an_overlay_that_names_another_part_replaces_it_whole(write):
    overlay = write(text="data: {source: {name: embedded}}\n", name="smoke.yaml")
    assert load_params(write(), overlay).data.source.model_dump() == {"name": "embedded"}


def test_a_wrong_key_of_an_overlay_names_both_files(write):
    overlay = write(text="gate: {min_gain: 1}\n", name="smoke.yaml")
    message = refusal(write(), overlay=overlay)
    assert message[0] == f" + {overlay}: 1 wrong key"
    assert message[1].startswith("gate.min_gain: unknown key; did you mean 'min_gain_db'?")


def test_the_recipe_can_be_chosen_beside_the_file(write):
    assert load_params(write(), recipe="kdsr").recipe == "kdsr"
    assert "got 'fakd'" in refusal(write(), recipe="fakd")[1]
