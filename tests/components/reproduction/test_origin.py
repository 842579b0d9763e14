import shutil

import pytest
from ruamel.yaml import YAML

from components.artifacts import Checkpoint
from components.config import Params, load_params
from components.errors import CheckpointError, RegistryError
from components.reproduction import origin
from components.reproduction.surroundings import surroundings
from components.store import Store
from components.tracking import Facts, RunName, Tracking
from components.training import checkpoint
from components.versioning.git import Code

DIGEST = f"{'d' * 32}.dir"
CODE = Code("c" * 40, "trunk", b"\x00\xff")


@pytest.fixture(scope="module")
def tracking(tmp_path_factory):
    with pytest.MonkeyPatch.context() as patch:
        patch.delenv("MLFLOW_TRACKING_URI", raising=False)
        yield Tracking(tmp_path_factory.mktemp("mlruns"))


@pytest.fixture(scope="module")
def params(tiny_recipe):
    return Params.model_validate(
        {
            "seed": 7,
            "recipe": "kdsr",
            "data": {"source": {"name": "folder"}},
            "recipes": {"kdsr": tiny_recipe.model_dump(mode="json")},
            "gate": {"min_gain_db": 0.05, "min_gain_over_reference_db": 0.1},
            "registry": {"model_name": "tiny"},
        }
    )


@pytest.fixture(scope="module")
def trained(tmp_path_factory, tiny_recipe):
    """A store with a student that was never trained, and its record."""
    store = Store(tmp_path_factory.mktemp("work"))
    folder = store.root / "student/k"
    folder.mkdir(parents=True)
    model = tiny_recipe.network.model_dump(mode="json")
    digest = checkpoint.save(folder, checkpoint.build(model), {"model": model})
    record = Checkpoint(
        folder="student/k",
        label="student",
        recipe="kdsr",
        model=model,
        sha256=digest,
        num_parameters=1,
        data_digest=DIGEST,
        seed=7,
        train_seconds=1.0,
        validation=30.0,
    )
    return store, record


@pytest.fixture(scope="module")
def known(tmp_path_factory, params, trained):
    """What is recorded of a run."""
    student = trained[1]
    teacher = student.model_copy(update={"label": "teacher", "sha256": "t"})
    alone = student.model_copy(update={"label": "student alone", "sha256": "a"})
    return origin.facts(
        tmp_path_factory.mktemp("checkout"),
        code=CODE,
        params=params,
        data_digest=DIGEST,
        trained=[teacher, student, alone],
    )


@pytest.fixture(scope="module")
def run_id(tracking, known):
    return tracking.record(RunName("all", "retrain", "k"), known)


def release(tracking, run_id, folder, name):
    """Register a checkpoint as the registry does, as far as finding it goes."""
    with tracking.asking() as client:
        client.log_artifacts(run_id, str(folder), f"{name}/artifacts/checkpoint")
        client.create_registered_model(name)
        source = f"{client.get_run(run_id).info.artifact_uri}/{name}"
        tags = {"weights_sha256": checkpoint.read_about(folder)["weights_sha256"]}
        version = client.create_model_version(name, source, run_id, tags=tags)
        client.set_registered_model_alias(name, "champion", version.version)


@pytest.fixture(scope="module")
def released(tracking, run_id, trained):
    store, record = trained
    release(tracking, run_id, store.root / record.folder, "tiny")


@pytest.mark.parametrize("name", ["tiny", "tiny@champion", "tiny/1"])
def test_a_release_leads_to_its_run_and_all_that_was_recorded(
    tracking, run_id, released, trained, tmp_path, name
):
    store, record = trained
    found = origin.find(name, tracking, store)
    assert found.run_id == run_id
    made_of = found.ingredients
    assert (made_of.commit, made_of.patch) == (CODE.commit, CODE.patch)
    assert made_of.data_digest == DIGEST
    assert found.weights == {"teacher": "t", "student": record.sha256}
    assert found.surroundings == surroundings(tmp_path)
    assert made_of.threads == int(found.surroundings["threads"])
    assert found.folder.is_relative_to(tracking.root)
    assert (found.folder / "weights.safetensors").is_file()


def test_the_parameters_of_a_run_are_read_back_in_full(tracking, run_id, trained, params, tmp_path):
    found = origin.find(run_id, tracking, trained[0])
    (tmp_path / "params.yaml").write_bytes(found.ingredients.params)
    assert load_params(tmp_path / "params.yaml") == params


def test_the_shipped_parameters_come_back_the_same(pytestconfig, tmp_path):
    shipped = load_params(pytestconfig.rootpath / "params.yaml")
    shipped = shipped.model_copy(update={"suites": {}})  # which no run reads
    written = origin.facts(tmp_path, code=CODE, params=shipped, data_digest=DIGEST, trained=[])
    (tmp_path / "params.yaml").write_bytes(written.files["params.yaml"])
    assert load_params(tmp_path / "params.yaml") == shipped
    assert YAML(typ="safe").load(tmp_path / "params.yaml")["seed"] == shipped.seed


def test_a_run_that_was_not_released_leads_to_the_work_folder(tracking, run_id, trained):
    store, record = trained
    assert origin.find(run_id, tracking, store).folder == store.root / record.folder


def test_a_student_that_is_gone_or_another_by_now_is_none(tracking, run_id, trained, tmp_path):
    store, record = trained
    empty = Store(tmp_path / "empty")
    assert origin.find(run_id, tracking, empty).folder is None
    other = Store(tmp_path / "other")
    shutil.copytree(store.root, other.root)
    (other.root / "student/k/weights.safetensors").write_bytes(b"other")
    found = origin.find(run_id, tracking, other)
    assert found.folder is None
    assert found.weights["student"] == record.sha256


def test_a_clean_checkout_needs_no_patch(tracking, trained, known, tmp_path):
    clean = Code("c" * 40, "trunk")
    facts = Facts(
        tags={**known.tags, **{f"restill.git.{k}": v for k, v in clean.facts.items()}},
        files={"params.yaml": known.files["params.yaml"]},
    )
    run_id = tracking.record(RunName("all", "retrain", "clean"), facts)
    assert origin.find(run_id, tracking, trained[0]).ingredients.patch == b""


@pytest.mark.parametrize(
    ("lost", "named"),
    [
        ("restill.git.commit", "no commit"),
        ("restill.data", "no version of the data"),
        ("restill.student.weights", "no sha256 of the weights"),
        ("params.yaml", "no params.yaml"),
        ("git.patch", "no git.patch"),
    ],
)
def test_what_a_run_does_not_say_is_named(tracking, trained, known, lost, named):
    facts = Facts(
        tags={name: value for name, value in known.tags.items() if name != lost},
        files={name: value for name, value in known.files.items() if name != lost},
    )
    run_id = tracking.record(RunName("all", "retrain", f"without {lost}"), facts)
    with pytest.raises(RegistryError, match=f"run {run_id}: cannot be rebuilt, .*has {named}; "):
        origin.find(run_id, tracking, trained[0])


def test_a_run_outside_git_cannot_be_rebuilt(tracking, trained, known):
    outside = {k: v for k, v in known.tags.items() if not k.startswith("restill.git.")}
    facts = Facts(tags=outside | {"restill.git.commit": "none"}, files=known.files)
    run_id = tracking.record(RunName("all", "retrain", "outside"), facts)
    with pytest.raises(RegistryError, match="has no commit; "):
        origin.find(run_id, tracking, trained[0])


@pytest.mark.parametrize(
    ("reference", "reason"),
    [
        ("nobody@champion", r"no model 'nobody' in the registry \(there are: .*tiny"),
        ("tiny@shadow", r"tiny: no alias 'shadow' \(there are: champion\)"),
        ("tiny/99", r"version=99\) not found"),
        ("0" * 32, r"id=0{32} not found"),
        ("a b", r"'a b': expected NAME, NAME@ALIAS or NAME/VERSION"),
    ],
)
def test_an_unknown_reference_is_said_so(tracking, released, trained, reference, reason):
    with pytest.raises(RegistryError, match=reason):
        origin.find(reference, tracking, trained[0])


def test_released_weights_that_are_damaged_are_no_measure(tracking, run_id, trained, tmp_path):
    store, record = trained
    release(tracking, run_id, store.root / record.folder, "damaged")
    (file,) = tracking.root.glob("artifacts/*/artifacts/damaged/artifacts/checkpoint/*.safetensors")
    file.write_bytes(file.read_bytes()[:-1] + b"\x01")
    with pytest.raises(CheckpointError, match=f"{file}: is not what was released"):
        origin.find("damaged", tracking, store)
    file.unlink()
    with pytest.raises(CheckpointError, match=f"{file}: cannot be read: No such file"):
        origin.find("damaged", tracking, store)
