import inspect

from tools.toolbox import TOOLS


def test_every_tool_says_what_it_does_takes_and_gives():
    for name, tool in TOOLS.items():
        assert inspect.getdoc(tool), name
        assert inspect.signature(tool).return_annotation is not inspect.Signature.empty, name


def test_tools_stand_in_the_order_a_reader_looks_them_up():
    assert list(TOOLS) == sorted(TOOLS)
