import pytest

from synalinks import DataModel, Generator
from synalinks.errors import ConfigurationError, ProgramError


class Query(DataModel):
    query: str


class Answer(DataModel):
    answer: str


def render(template, **options):
    generator = Generator(data_model=Answer, prompt_template=template, **options)
    return generator.render(Query(query="q"))


def test_a_template_makes_the_system_message():
    messages = render("# Task\n{{ instruction }}", instructions="Be brief.")
    assert messages[0]["content"] == "# Task\nBe brief."
    assert len(messages) == 2


def test_a_template_can_place_the_examples_itself():
    example = ({"query": "1"}, {"answer": "one"})
    placed = render("{% for e in examples %}{{ e.outputs.answer }}{% endfor %}", examples=[example])
    assert placed[0]["content"] == "one"
    assert len(placed) == 2
    assert len(render("{{ instruction }}", examples=[example])) == 4


def test_it_sees_the_schemas_as_json():
    text = render("{{ inputs_schema }}{{ outputs_schema }}")[0]["content"]
    assert '"query"' in text
    assert '"answer"' in text


def test_a_wrong_template_fails_when_the_generator_is_made():
    with pytest.raises(ConfigurationError, match="line 1"):
        Generator(prompt_template="{{ instruction")
    with pytest.raises(ConfigurationError, match=r"inputs.*always the last message"):
        Generator(prompt_template="{{ inputs }}")


def test_an_instruction_is_text_and_never_a_template():
    text = render("{{ instruction }}", instructions="{{ 7 * 7 }}{% raw %}")[0]["content"]
    assert text == "{{ 7 * 7 }}{% raw %}"


ESCAPES = {
    "class of a string": "{{ ''.__class__.__mro__[1].__subclasses__() }}",
    "class by attr filter": "{{ instruction|attr('__class__')|attr('__mro__') }}",
    "class by item": "{{ instruction['__class__'] }}",
    "class by joined name": "{{ instruction|attr('__cl' ~ 'ass__') }}",
    "globals of a function": "{{ examples.append.__globals__ }}",
    "init globals": "{{ instruction.__init__.__globals__ }}",
    "format with a field": "{{ '{0.__class__}'.format(instruction) }}",
    "format_map with a field": "{{ '{a.__class__}'.format_map({'a': instruction}) }}",
    "format through a name": "{% set f = '{0.__class__}'.format %}{{ f(instruction) }}",
    "format through map": "{{ ['{0.__class__}']|map('attr', 'format')|first }}",
    "calling a constructor": "{{ ''.join(['a', 'b']) }}",
    "centred far out": "{{ 'a'|center(999999999) }}",
    "old formatting": "{{ '%s' % instruction.__class__ }}",
    "changing an argument": "{{ examples.append(1) }}",
    "namespace of jinja": "{{ self.__init__.__globals__ }}",
    "internal names of jinja": "{{ self._TemplateReference__context }}",
    "generator frames": "{% set g = (x for x in []) %}{{ g.gi_frame }}",
    "coroutine frames": "{{ instruction.cr_frame.f_globals }}",
    "power": "{{ 9 ** 9 ** 9 }}",
    "huge text": "{{ 'a' * 999999999 }}",
    "huge padding": "{{ '%0999999999d' % 1 }}",
    "huge format": "{{ '{:>999999999}'.format(1) }}",
    "lipsum globals": "{{ lipsum.__globals__['os'].popen('id').read() }}",
    "cycler": "{{ cycler.__init__.__globals__.os }}",
    "include of a file": "{% include '/etc/passwd' %}",
    "import of a file": "{% import '/etc/passwd' as x %}{{ x }}",
}


def test_what_templates_need_still_works():
    text = "{% macro line(k, v) %}{{ k }}={{ v|upper }};{% endmacro %}"
    text += "{% for e in examples %}{% for k, v in e.inputs.items() %}{{ line(k, v.strip()) }}"
    text += "{% endfor %}{% endfor %}"
    text += "{{ 'a\nb'|indent(999999999) | length }}{{ examples|length * 3 }}"
    assert render(text, examples=[({"query": " x "}, {"answer": "one"})])[0]["content"] == "query=X;1033"


@pytest.mark.parametrize("template", ESCAPES.values(), ids=ESCAPES.keys())
def test_the_sandbox_lets_nothing_out(template):
    with pytest.raises((ConfigurationError, ProgramError)):
        render(template, examples=[({"query": "1"}, {"answer": "one"})])


BOMBS = {
    "batch": "{{ [1]|batch(300000000, 0)|list|length }}",
    "slice": "{{ [1]|slice(300000000)|list|length }}",
    "join": "{{ ('a' * 100000)|join('b' * 100000)|length }}",
    "replace": "{{ ('a' * 100000)|replace('a', 'b' * 100000)|length }}",
    "replace of nothing": "{{ ('a' * 100000)|replace('', 'b' * 100000)|length }}",
    "joined lists": "{{ [('a' * 100000)|list, 1]|join('b' * 100000000) }}",
    "doubling": "{% set a = 'a' * 100000 %}" + "{% set a = a + a %}" * 40 + "{{ a|length }}",
    "squaring": "{% set a = 9 %}" + "{% set a = a * a %}" * 64 + "{{ a > 1 }}",
    "loops": "{% set a = 'a' * 10000 %}{% for i in a %}{{ a }}{% endfor %}",
    "macro without an end": "{% macro m(n) %}{{ m(n) }}{% endmacro %}{{ m(1) }}",
    "brackets": "{{ " + "(" * 5000 + "1" + ")" * 5000 + " }}",
    "random": "{{ [1, 2]|random }}",
}


@pytest.mark.parametrize("template", BOMBS.values(), ids=BOMBS.keys())
def test_what_would_fill_the_memory_is_refused(template):
    with pytest.raises((ConfigurationError, ProgramError)):
        render(template)


def test_memory_that_is_not_there_is_an_error_of_the_program(monkeypatch):
    generator = Generator(data_model=Answer, prompt_template="x")

    def fail(**values):
        raise MemoryError

    monkeypatch.setattr(generator.prompt_template, "_parts", fail)
    with pytest.raises(ProgramError, match="MemoryError"):
        generator.render(Query(query="q"))


def test_filters_with_a_size_work_within_bounds():
    text = "{{ [1, [2]]|tojson(2000000000)|length }} {{ [1]|tojson }} {{ 1.2345|round(2) }} "
    text += "{{ 1.5|round(1000000000, 'ceil') }} {{ ['a', 'b']|join(', ') }} "
    text += "{{ examples|join('-', attribute='inputs.query') }} {{ 'aXbX'|replace('X', '-') }} "
    text += "{{ 'aXbX'|replace('X', '', 1) }}"
    examples = [({"query": name}, {"answer": "one"}) for name in "xy"]
    written = render(text, examples=examples)[0]["content"]
    assert written == "512 [1] 1.23 1.5 a, b x-y a-b- abX"
