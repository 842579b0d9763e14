"""How MLflow and the store are joined, and what a machine knows that has only one of both."""

import pytest

from tests import past
from tests.past import A1, A2, B1, B2, D1, D2, S1, S2, SET5, T1, T2


@pytest.mark.parametrize("known", ["archive", "bare"])
def test_every_network_is_known_with_its_data_and_teacher(known, request):
    models = request.getfixturevalue(known).models
    assert {weights: (m.label, m.data, m.teacher) for weights, m in models.items()} == {
        T1: ("teacher", D1, ""),
        S1: ("student", D1, T1),
        A1: ("student alone", D1, ""),
        T2: ("teacher", D2, ""),
        S2: ("student", D2, T2),
        A2: ("student alone", D2, ""),
    }
    assert {model.num_parameters for model in models.values()} == {1000}
    assert bool(models[T1].folder) == (known == "archive")


def test_the_store_adds_what_never_went_to_mlflow(archive, bare):
    assert {*archive.measurements} - {*bare.measurements} == {(S1, B2), (S2, SET5)}
    assert {*bare.measurements} == {
        (w, b) for w, b in past.PSNR if (w, b) in archive.measurements
    } - {
        (S1, B2),
        (S2, SET5),
    }
    assert archive.measurements[S2, SET5].cost["giga_macs"] == 14.5
    assert archive.measurements[S2, SET5].device == "a cpu"


def test_means_are_exact_with_and_without_the_store(archive, bare):
    for known in (archive, bare):
        assert known.measurements[S2, B2].means == past.means(S2, B2)


@pytest.mark.parametrize("known", ["archive", "bare"])
def test_a_benchmark_leads_to_the_data_whose_pictures_it_has(known, request):
    assert request.getfixturevalue(known).suites == {B1: D1, B2: D2}
