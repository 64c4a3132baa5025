import pydantic
import pytest

from synalinks.data import ChatMessage, ChatMessages, DataModel, Rating, Score, ToolCall, validate


def test_messages_have_the_keys_of_the_chat_format():
    call = ToolCall(id="1", function={"name": "add", "arguments": '{"a": 1}'})
    chat = ChatMessages(
        messages=[
            ChatMessage(role="user", content=[{"type": "text", "text": "2+2?"}]),
            ChatMessage(role="assistant", tool_calls=[call], reasoning_content="hm"),
            ChatMessage(role="tool", content="4", tool_call_id="1"),
        ]
    )
    first, second, third = chat.get_json()["messages"]
    assert first["content"] == [{"type": "text", "text": "2+2?"}]
    assert second["tool_calls"] == [
        {"id": "1", "type": "function", "function": {"name": "add", "arguments": '{"a": 1}'}}
    ]
    assert (third["tool_call_id"], third["name"]) == ("1", None)
    assert validate(ChatMessages.get_schema(), chat.get_json()) is None


def test_an_unknown_role_is_refused():
    with pytest.raises(pydantic.ValidationError, match="role"):
        ChatMessage(role="robot", content="x")


def test_scores_are_numbers_from_a_fixed_set():
    class Judged(DataModel):
        score: Score
        rating: Rating

    judged = Judged(score=0.7, rating=4)
    assert judged.get_json() == {"score": 0.7, "rating": 4}
    definitions = Judged.get_schema()["$defs"]
    assert definitions["Score"]["enum"] == [0.0, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 1.0]
    assert definitions["Rating"]["enum"] == [1, 2, 3, 4, 5]
    assert validate(Judged.get_schema(), {"score": 1, "rating": 5}) is None
    assert validate(Judged.get_schema(), {"score": 0.75, "rating": 5}) is not None
    assert Judged(score=1, rating=1).score is Score(1.0)
    assert Score(0.5) + 0.25 == 0.75
