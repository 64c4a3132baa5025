import threading

from threadpoolctl import ThreadpoolController

from synalinks.language_models.embedded._threads import single_threaded


def threads():
    return {library["num_threads"] for library in ThreadpoolController().select(user_api="blas").info()}


def test_libraries_keep_to_one_thread_until_the_last_one_leaves():
    before = threads()
    inside, leave = threading.Event(), threading.Event()

    def other():
        with single_threaded().entered():
            inside.set()
            leave.wait(10)

    thread = threading.Thread(target=other)
    with single_threaded().entered():
        thread.start()
        inside.wait(10)
    assert threads() == {1}
    leave.set()
    thread.join()
    assert threads() == before
