"""Pages as MLflow gives them."""

from mlflow.store.entities import PagedList

from components.paging import pages


def test_every_item_of_every_page_comes_once():
    book = {
        None: PagedList([1, 2], "next"),
        "next": PagedList([], "last"),
        "last": PagedList([3], None),
    }
    assert list(pages(book.__getitem__)) == [1, 2, 3]


def test_an_empty_answer_has_no_item():
    assert list(pages(lambda _: PagedList([], ""))) == []
