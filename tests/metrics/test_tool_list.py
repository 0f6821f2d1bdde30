"""Tool lists: what each rule finds, one thing at a time, and the list beside the calls of the traces."""

import pytest

from core.evidence.tool import Parameter, Tool
from core.metrics.tool_list import (
    MOST_TOOLS,
    CalledTool,
    ToolUse,
    lint_tools,
    tool_use,
)

GOOD = Tool(
    "createShipmentFromOrder",
    "Creates a shipment for an order that is paid and packed. Once for each order, never for returns.",
    (Parameter("order_id", "The id of the order, such as A-1001."),),
)


def rules(*tools: Tool) -> list[str]:
    return [one.rule.id for one in lint_tools(tools)]


def test_handle_data_has_two_findings_and_create_shipment_from_order_none() -> None:
    assert rules(Tool("handleData", "Handles data operations")) == ["vague_name", "vague_description"]
    assert rules(GOOD) == []


@pytest.mark.parametrize(
    ("name", "found"),
    [
        ("process_request", ["vague_name"]),
        ("doStuff2", ["no_verb"]),
        ("HTTPHandler", ["no_verb"]),
        ("weather", ["no_verb"]),
        ("get_weather", []),
        ("normalizeAddress", []),
        ("注文を探す", []),
    ],
)
def test_names(name: str, found: list[str]) -> None:
    assert rules(Tool(name, "Finds out where the parcel of a customer is at the moment.")) == found


@pytest.mark.parametrize(
    ("description", "found"),
    [
        ("", ["no_description"]),
        ("Cancel order", ["repeats_name"]),
        ("Cancels the orders.", ["repeats_name"]),
        ("Performs various operations on objects", ["vague_description"]),
        ("Stops it early", ["short_description"]),
        ("Stops it very early", []),
        ("注文を取り消す", []),
    ],
)
def test_a_description_has_one_finding_at_most(description: str, found: list[str]) -> None:
    assert rules(Tool("cancelOrder", description)) == found


def test_tools_that_one_takes_for_another() -> None:
    one = Tool("getOrder", "Fetches one order with its lines and its customer.")
    cased = Tool("get_order", "Fetches one order with its lines and its customer.")
    other = Tool("loadOrder", "Fetches an order, with lines and customer.")
    assert rules(one, cased) == ["same_name"]
    assert rules(one, other) == ["look_alike"]
    assert rules(one, Tool("loadOrder", "Puts the parcels of an order on the lorry of the day.")) == []


def test_parameters_are_named_and_many_are_counted() -> None:
    blank = tuple(Parameter(f"p{n}") for n in range(7))
    (found,) = lint_tools([Tool("cancelOrder", "Stops an order that is not packed.", blank)])
    assert found.rule.id == "undescribed_parameters"
    assert "“p4” and 2 more have no description" in found.sentence


def test_more_tools_than_a_model_tells_apart() -> None:
    many = [
        Tool(f"get{chr(65 + n)}zz", f"Finds the {chr(65 + n) * 5} of a {chr(97 + n) * 4} xx")
        for n in range(21)
    ]
    assert "too_many_tools" not in rules(*many[:MOST_TOOLS])
    assert lint_tools(many)[0].rule.id == "too_many_tools"
    assert lint_tools(many)[0].tool == ""


def test_the_list_beside_what_is_called() -> None:
    called = (CalledTool("getorder", 3), CalledTool("b", 9), CalledTool(GOOD.name, 40))
    tools = (GOOD, Tool("getOrder"))
    assert tool_use(tools, called, 50) == ToolUse((called[1], called[0]), ("getOrder",), 50)
    assert tool_use(tools, (), 0).never_called == ()
