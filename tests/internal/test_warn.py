import warnings

from synalinks.callbacks import EarlyStopping
from tests.support.arithmetic import compiled_program, data, perfect


async def test_a_warning_points_at_the_line_that_called_the_library():
    program, _ = await compiled_program(perfect)
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        await program.fit(*data(2), verbose=0, callbacks=[EarlyStopping(monitor="nothing")])
    assert [w.filename for w in caught] == [__file__]
