from synalinks._internal.points import observer, reached


def test_an_observer_hears_of_every_point():
    heard = []
    token = observer.set(lambda point, about: heard.append((point, about)))
    try:
        reached("write", 1)
        reached("rename")
    finally:
        observer.reset(token)
    reached("write")
    assert heard == [("write", 1), ("rename", None)]
