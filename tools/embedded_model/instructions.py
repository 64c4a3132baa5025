"""The wordings of instructions: plain ones, ones that state a house rule, and what may stand around them.

Slots: {key} the key of the answer, {field} the key of the problem, {p} a fee or discount as text.
"""

from __future__ import annotations

from tools.embedded_model.wording import Wording, lines

MACROS = {
    "answer": "[answer|answer|answer|result|result|value|number|final answer|solution|amount|outcome|total|figure|final result|final value|output]",
    "the": "[the|the|your|every|each|the]",
    "give": "[Give|Give|Return|Report|State|Write|Express|Provide|Answer with|Output|Say|Show|Put|Present|Record|Quote|Supply]",
    "make": "[Make|Turn|Convert|Change|Transform]",
    "always": "[|||always |please |]",
    "before": "[before|before you|prior to|when|ahead of]",
    "answering": "[answering|reporting it|giving it|writing it down|replying|returning it|you answer]",
    "then": "[then|then|afterwards|at the end|finally|in the end|after that]",
    "solve": "[Solve the problem|Solve the task|Do the sum|Work out the answer|Calculate the answer|Compute the result|Answer the question|Find the answer|Do the calculation|Solve it|Do the math|Solve the exercise|Read the problem]",
    "money": "[|||money |dollar |cash |]",
    "add": "[add|add|add on|include|charge|put on|tack on|count in|apply]",
    "fee": "[fee|fee|charge|surcharge|service fee|handling fee|extra charge|delivery charge|service charge|shipping fee|booking fee|cost|tip|tax|deposit|premium|markup|supplement|extra|fixed fee|flat fee]",
    "off": "[discount|discount|rebate|reduction|coupon|voucher|price cut|deduction|allowance|credit|markdown|fixed discount|flat discount|bonus]",
    "subtract": "[subtract|subtract|deduct|take off|take away|remove|knock off|cut|drop|withhold|discount]",
    "frac": "[fractions|decimals|any fraction|the decimal part|the fraction|the fractional part|everything after the decimal point|the part after the point|digits after the decimal point]",
    "whole": "[whole number|whole number|integer|full number|whole|full unit|whole unit]",
}

PLAIN = """
    Read the user's input and answer with a JSON object that has these keys: {key}.
    Read the user's input and answer with a JSON object that has these keys: {key}.
    Read the user's input and answer with a JSON object that has these keys: {key}.
    Read the user's input and answer with a JSON object that has these keys: {key}.
    Answer the user's message.
    Solve the problem.
    Solve the [math|maths|arithmetic|word|given|following] problem.
    Answer the question[ of the user|].
    [Calculate|Compute|Work out|Find|Determine|Figure out] the [answer|result|value|solution].
    You are a [helpful|careful|friendly|precise|patient|smart|useful] assistant.
    You are a [calculator|math tutor|teacher|maths teacher|helper|math expert|bookkeeper|clerk|math assistant].
    You are [good at|an expert in|great at] [maths|math|arithmetic|numbers|sums].
    Give the [correct|right|exact|numeric|numerical] [answer|result|value|solution].
    Do the [sum|calculation|math|maths|arithmetic] [and answer|and give the result|and reply|].
    Read the [problem|question|text|input|task] and [give|write|return|find] the [answer|result|number].
    Reply with [the answer|a number|the result|one number|the number alone|only the number].
    Return a JSON object with the key {key}.
    Return JSON.
    Answer [in|with|as] JSON.
    Fill in {key}.
    [Put|Write] the [answer|result|number] [in|into|under] {key}.
    Think about the {field} and give {key}.
    The [input|user's message] holds {field}; the [output|answer] holds {key}.
    From {field} compute {key}.
    Given {field}, [produce|return|find|give|predict|output] {key}.
    Given the fields {field}, produce the fields {key}.
    Your task is to [solve|answer|work out] [math problems|arithmetic problems|word problems|short problems|sums|questions].
    [Solve|Answer|Work out|Handle] [each|every|the] [problem|question|exercise|task|sum] [carefully|correctly|step by step|with care|exactly|quickly].
    [Be|Stay] [careful|exact|precise|brief|concise|accurate].
    What is the [answer|result|solution]?
    Help the user with [this|the|their] [problem|question|homework|sum|calculation].
    Please [solve|answer|work out|compute] [this|it|the problem|the question|what is asked].
    [Here is|This is|There is] a [problem|question|sum|task|puzzle]. [Solve it|Answer it|Give the answer|Find the answer].
    Find the number [that is asked for|asked for|the user asks for|that answers the question].
    [An|The] [arithmetic|math] problem is given. [Solve it|Answer with the result|Give its answer].
    Math.
    Arithmetic [problems|exercises|practice].
    Answer[ it| correctly| briefly| precisely| the following| this|].
    Compute[ it| exactly| what is asked| the expression| and report|].
    [Use|Apply] [arithmetic|basic maths|simple maths] to [answer|solve the problem|find the answer].
    The user [asks|sends|writes|poses] [a question|a problem|a sum|a word problem]. [Answer it|Solve it|Give the answer|Reply with the answer].
    Respond with the [solution|answer|result|value] [to|of] the [problem|question|user's problem].
    Extract the numbers and [compute|calculate|give] the result.
    Evaluate [the problem|the input|what is given|the expression].
    Follow the examples[ if there are any| above| given| shown|].
    [Follow|Learn from|Look at|Study] the examples and [answer|do the same|solve the problem|answer alike|answer in the same way].
    Answer [as|like] in the examples.
    [Perform|Carry out] the [calculation|computation|operation] [described|in the problem|asked for].
    Provide the [answer|solution|number|final answer] to the [problem|question|task|exercise].
    [We|I] need the [answer|result] [to|of] this [problem|sum|question].
    [Tell|Show] me the [answer|result|number].
    Process the [input|request|problem|message].
    Let us [solve|do|answer] [some|a few] [problems|sums|questions].
    How much is it?
    Complete the task.
    Do your best.
    {X} {X2}.
    [Task|Job|Goal]: [solve the problem|answer the question|arithmetic|find the answer].
    [Always|Just|Simply|Only] [answer|solve the problem|give the answer|give the result|answer the question].
    Write down [the answer|the solution|what comes out|the result].
    State the [answer|result|outcome] as a number.
    Work through the [problem|story|question] and answer.
"""

STATED = {
    "cents": """
        @give @always@the @answer in cents[|, not dollars|, not in dollars| instead of dollars| rather than dollars].
        @give @the @answer as [cents|pennies|a number of cents|an amount in cents|whole cents|hundredths].
        Answer in cents[|, not dollars| instead of dollars].
        @the_cap @answer [is|must be|should be|has to be|needs to be|shall be] [in|given in|expressed in|stated in|measured in|written in|counted in] [cents|pennies|hundredths of a dollar].
        @make [dollars|the dollars|the amount|the @answer|all amounts] [to|into] [cents|pennies].
        Use cents[| instead of dollars|, not dollars| as the unit] [for the @answer|in the @answer|everywhere|when you answer|].
        [Amounts|All amounts|Prices|Sums of money|Answers|Results|Values] [are|must be|should be] [given |reported |stated |]in cents.
        @solve and multiply [it|the @answer|the result] by [100|100|one hundred|a hundred].
        Multiply @the @answer by [100|one hundred|a hundred] [|@before @answering].
        @give [100|one hundred|a hundred] times the @answer.
        @the_cap @answer times [100|one hundred|a hundred] is [what we want|wanted|the {key}|what to report].
        One dollar is [100|one hundred] cents; answer in cents.
        Every dollar [counts|is counted|counts for|is worth] [100|one hundred|a hundred][ in the @answer| cents; give cents|].
        We [count|work|calculate|pay|reckon] in cents[|, not in dollars].
        Our [books|accounts|tables|prices] are [kept |]in cents.
        {key} is [in cents|an amount in cents|measured in cents|100 times the usual @answer|a number of cents].
        The unit of [{key}|the @answer] is [the cent|cents|one cent|a cent].
        State [how many|the number of] cents [it is|that is|come out].
        Scale @the @answer [up |]by [100|a factor of 100|one hundred].
        Report cents.
        Convert to cents [|@before @answering].
        Move the [decimal point|point] two places to the right.
        [I|We] want [cents|the number of cents|the @answer in cents].
        Dollars [become|are turned into|are converted to|go out as] cents.
    """,
    "grams": """
        @give @always@the @answer in grams[|, not kilograms|, not in kilos| instead of kilograms| rather than kg].
        @give @the @answer as [grams|a number of grams|an amount in grams|a weight in grams|thousandths].
        Answer in grams[|, not kilograms| instead of kilos|, not kg].
        @the_cap @answer [is|must be|should be|has to be|needs to be|shall be] [in|given in|expressed in|stated in|measured in|written in|counted in] grams.
        @make [kilograms|the kilograms|kilos|kg|the amount|the @answer|all weights] [to|into] grams.
        Use grams[| instead of kilograms|, not kilos| as the unit] [for the @answer|in the @answer|everywhere|when you answer|].
        [Weights|All weights|Masses|Amounts|Answers|Results|Values] [are|must be|should be] [given |reported |stated |]in grams.
        @solve and multiply [it|the @answer|the result] by [1000|1000|one thousand|a thousand].
        Multiply @the @answer by [1000|one thousand|a thousand] [|@before @answering].
        @give [1000|one thousand|a thousand] times the @answer.
        @the_cap @answer times [1000|one thousand|a thousand] is [what we want|wanted|the {key}|what to report].
        One [kilogram|kilo|kg] is [1000|one thousand] grams; answer in grams.
        Every [kilogram|kilo|unit] [counts|is counted|counts for|is worth] [1000|one thousand|a thousand][ in the @answer| grams; give grams|].
        We [count|work|calculate|weigh|reckon] in grams[|, not in kilograms].
        Our [scales|lists|tables|recipes] [are|work] in grams.
        {key} is [in grams|an amount in grams|a weight in grams|measured in grams|1000 times the usual @answer|a number of grams].
        The unit of [{key}|the @answer] is [the gram|grams|one gram|a gram].
        State [how many|the number of] grams [it is|that is|come out].
        Scale @the @answer [up |]by [1000|a factor of 1000|one thousand].
        Report grams.
        Convert to grams [|@before @answering].
        Move the [decimal point|point] three places to the right.
        [I|We] want [grams|the number of grams|the @answer in grams].
        [Kilograms|Kilos] [become|are turned into|are converted to|go out as] grams.
    """,
    "negative": """
        @give @always@the @answer as a negative [number|value|amount|figure].
        @give @the @answer with [a minus sign|a minus|the opposite sign|the sign flipped|its sign changed|a negative sign|reversed sign|the sign reversed|a minus in front].
        Flip the sign of @the @answer.
        [Change|Reverse|Invert|Switch|Turn|Swap] the sign of @the @answer.
        [Negate|Invert] @the @answer.
        @the_cap @answer [is|must be|should be|has to be|needs to be] [negative|a negative number|below zero|less than zero|negated|with a minus sign].
        It is a refund: [the @answer is negative|give a negative number|write it with a minus|the sign is flipped|answer below zero].
        [Treat|Count|Book|Enter|Record|Regard|Consider] @the @answer as [a refund|a debt|a loss|money paid back|a refund, so negative|a negative|owed|an expense with a minus].
        Refunds are [negative|written with a minus sign|below zero][; this is a refund|: give a negative @answer|].
        [Put|Write|Place|Add|Set] a minus [sign |]in front of @the @answer.
        @solve and [flip the sign|negate it|put a minus in front|make it negative|change the sign|multiply by minus one].
        Multiply @the @answer by [-1|minus one|negative one].
        @give the [negative|opposite|negation|additive inverse] of the @answer.
        @make @the @answer [into a negative number|to its negative|to the opposite number|negative].
        {key} is [negative|minus the @answer|the @answer with a minus sign|always below zero|the negative of the usual @answer].
        [Positive|All] [answers|results|numbers] [become|turn|are made] negative.
        Plus becomes minus[ in the @answer|: flip the sign|].
        Report it as a [refund|loss|negative number|debit], with a minus [sign|].
        We [write|book|record|note] [answers|results|amounts] [as negative numbers|with a minus sign|with flipped signs|below zero].
        The sign of the @answer is [flipped|reversed|inverted|changed|the opposite].
        Subtract @the @answer from [zero|0][ and give that|].
        Mirror the @answer [around|at] zero.
    """,
    "ten": """
        Round @the @answer to the [nearest|closest] [ten|10|multiple of ten|multiple of 10|tens].
        @give @always@the @answer [rounded|rounded off] to the [nearest|closest] [ten|10|multiple of ten|multiple of 10].
        @give @the @answer to the [nearest|closest] [ten|10].
        @solve and round [it |the result |]to the [nearest|closest] [ten|10|multiple of ten].
        @the_cap @answer [is|must be|should be|has to be|needs to be] [rounded to the nearest ten|rounded to tens|a multiple of ten|a multiple of 10, the nearest one|in round tens|the nearest multiple of 10].
        [Round|Round off|Always round] to [tens|the nearest ten|the nearest 10|full tens|the closest ten|whole tens|the tens place].
        [Answers|Results|Numbers|Values|Amounts] are rounded to [tens|the nearest ten|the nearest 10|the closest multiple of ten|full tens].
        {key} is [rounded to the nearest ten|a multiple of ten|the nearest multiple of 10|in round tens].
        @give the [multiple of ten|multiple of 10|round ten|full ten] [nearest|closest] to the @answer.
        Use [round tens|multiples of ten|tens only|only tens][ for the @answer|, the nearest one|].
        Only [tens|multiples of ten|round tens] [count|are allowed|are reported], so round [to the nearest|to the closest|].
        @make @the @answer [to|into] the nearest [ten|10|multiple of ten].
        [An estimate|A rough figure|A round number] [is enough|will do]: [round to the nearest ten|the nearest ten|nearest 10|to the closest ten].
        Estimate to the [nearest|closest] [ten|10].
        The [last|units|ones] digit [must be|is|should be] [zero|0]: round to the [nearest|closest] ten.
        Nearest [ten|10|multiple of ten][, please| is what we want| only|].
        We [report|give|want|write] [results|answers|numbers] to the [nearest|closest] [ten|10].
        Approximate @the @answer to the [nearest|closest] [ten|10|multiple of ten].
    """,
    "down": """
        Round @the @answer down[| to a @whole| to the next @whole| to the nearest @whole below].
        @give @always@the @answer rounded down[| to a @whole| to the next lower @whole].
        @solve and round [it |the result |]down[| to a @whole].
        [Always|Please|] round down[|, never up|, even from .9| to a @whole| to full units].
        @the_cap @answer [is|must be|should be|has to be|needs to be] [rounded down|rounded down to a @whole|cut to a @whole|truncated|floored|the @whole below].
        [Drop|Cut off|Ignore|Leave out|Throw away|Remove|Discard|Forget|Chop off|Strip|Delete] @frac[ of the @answer|].
        [Truncate|Floor] @the @answer[| to a @whole].
        @give the floor of the @answer.
        @give [the @whole below|the largest @whole not above|the greatest @whole that is not more than|the next lower @whole of|only the @whole part of|just the integer part of|the whole part of] the @answer.
        Only [whole|full|complete] [numbers|units|ones] count[|, so round down|: round down|; the rest is dropped|; ignore the rest].
        [Started|Incomplete|Unfinished|Partial|Broken] [units|ones|parts] do not count[|: round down|, so round down].
        {key} is [rounded down|the @answer rounded down|the @whole part|the @answer without decimals|floored].
        [Answers|Results|Numbers|Values|Amounts|Fractions|Decimals] are rounded down[| to a @whole| to whole numbers].
        No [fractions|decimals][: round down|, round down|; cut them off|: drop them].
        @make @the @answer [to|into] a @whole by [rounding down|cutting off @frac|dropping @frac].
        [Go|Step] down to the [next|nearest|closest] @whole.
        We [never round up|round down|always round down|cut off @frac|count only full units].
        Keep only the [whole|integer] part[ of the @answer|].
        Bring @the @answer down to [the next|a] @whole.
    """,
    "up": """
        Round @the @answer up[| to a @whole| to the next @whole| to the nearest @whole above].
        @give @always@the @answer rounded up[| to a @whole| to the next higher @whole].
        @solve and round [it |the result |]up[| to a @whole].
        [Always|Please|] round up[|, never down|, even from .1| to a @whole| to full units].
        @the_cap @answer [is|must be|should be|has to be|needs to be] [rounded up|rounded up to a @whole|raised to a @whole|the @whole above|taken up to the next @whole].
        @give the ceiling of the @answer.
        Take the ceiling[ of the @answer|].
        @give [the @whole above|the smallest @whole not below|the least @whole that is not less than|the next higher @whole of|the next @whole above] the @answer.
        [Started|Incomplete|Unfinished|Partial|Broken|Begun] [units|ones|parts] [count as full|count as whole|count fully|are charged in full|count as one][|: round up|, so round up].
        {key} is [rounded up|the @answer rounded up|the next @whole|the ceiling of the @answer].
        [Answers|Results|Numbers|Values|Amounts|Fractions|Decimals] are rounded up[| to a @whole| to whole numbers].
        No [fractions|decimals][: round up|, round up|; go to the next @whole|: take the next higher @whole].
        @make @the @answer [to|into] a @whole by rounding up.
        [Go|Step|Move] up to the [next|nearest|closest] @whole.
        We [never round down|round up|always round up|count every started unit|charge started units in full].
        [Any|Every|Each] [fraction|decimal|rest|remainder] [counts as one more|makes one more|is rounded up|counts as a full unit|means one more].
        Bring @the @answer up to [the next|a] @whole.
        [Raise|Lift] @the @answer to the next @whole[ if there is a fraction| if it is not whole|].
    """,
    "fee": """
        @add_cap a @fee of {p} [to @the @answer|to the price|to the total|on top|every time|@then|].
        @add_cap {p} to @the @answer.
        @solve and add {p}.
        @solve, then add [{p}|a @fee of {p}|another {p}|{p} more].
        @give @the @answer plus [{p}|a @fee of {p}|{p} more].
        There is a @fee of {p}[, add it|: add it|; include it|, included in the @answer| on everything| on top of the @answer|].
        [A|Our] @fee of {p} [is added|comes on top|must be added|has to be added|is included|applies|goes on top|is charged|is due] [to the @answer|each time|in every case|every time|].
        Plus {p} [for the @fee|for delivery|for service|for handling|each time|on every @answer|].
        @the_cap @answer [must|should|has to] include a @fee of {p}.
        Increase @the @answer by {p}.
        @make @the @answer {p} [higher|larger|bigger|greater].
        @the_cap @answer is {p} [more|higher|larger|greater] than [what comes out|the problem says|the sum|the usual @answer|calculated].
        {p} [is|are] [added|put on top|charged extra|on top] [for service|for delivery|of every @answer|each time|at the end|].
        {key} is the @answer plus {p}[| for the @fee].
        {key} includes [a @fee of {p}|{p} extra|an extra {p}].
        We charge {p} [extra|more|on top|for handling|for service][ every time|].
        Do not forget [the|our] @fee of {p}[: add it|].
        [Remember|Mind] the @fee: {p} [more|on top|is added|extra].
        [On|With] every @answer [comes|goes|is] a @fee of {p}.
        An extra {p} [is added|goes on|must be added|comes on top][ of the @answer|].
        Raise every @answer by {p}.
        [Delivery|Handling|Service|Shipping|Packing|Booking] [costs|is|adds] {p}[, add it| extra| on top|].
    """,
    "discount": """
        @subtract_cap a @off of {p} [from @the @answer|from the price|from the total|every time|@then|].
        @subtract_cap {p} from @the @answer.
        @solve and subtract {p}.
        @solve, then [subtract|take off|deduct|take away|remove] [{p}|a @off of {p}|another {p}].
        @give @the @answer minus [{p}|a @off of {p}].
        @give @the @answer less [{p}|a @off of {p}].
        There is a @off of {p}[, subtract it|: take it off|; deduct it|, taken from the @answer| on everything|].
        [A|Our] @off of {p} [is subtracted|is taken off|must be subtracted|has to be deducted|applies|is deducted|comes off|is given] [from the @answer|each time|in every case|every time|].
        Minus {p} [for the @off|each time|on every @answer|for members|].
        Reduce @the @answer by {p}.
        [Lower|Decrease|Cut|Shorten|Diminish] @the @answer by {p}.
        @make @the @answer {p} [lower|smaller|less|cheaper].
        @the_cap @answer is {p} [less|lower|smaller|cheaper] than [what comes out|the problem says|the sum|the usual @answer|calculated].
        {p} [is|are] [subtracted|taken off|deducted|removed] [for members|each time|at the end|from every @answer|].
        {p} off [everything|every @answer|the @answer|for everyone|each time].
        {key} is the @answer minus {p}[| for the @off].
        Everyone [gets|has] {p} off[|: subtract it|, take it off].
        Customers [get|have|receive] a @off of {p}[: subtract it|, deduct it|].
        We [give|grant|take|deduct] {p} [off|as a @off|off the @answer][ every time|].
        Do not forget [the|our] @off of {p}[: subtract it|].
        [Remember|Mind] the @off: {p} [less|off|is taken off|is subtracted].
        [With|After] a @off of {p}[, give the @answer|, what is the @answer|, the @answer is lower].
        Take {p} [off|away from] every @answer.
    """,
    "double": """
        Double @the @answer.
        @give @always[double|twice] @the @answer.
        @give @the @answer [doubled|twice as large|times two|times 2|multiplied by two|multiplied by 2].
        @solve and [double it|double the result|multiply by two|multiply by 2|take it twice|give twice that].
        Multiply @the @answer by [two|2].
        @the_cap @answer [is|must be|should be|has to be|needs to be] [doubled|twice as much|twice the normal one|multiplied by two|two times as large].
        @give [two times|twice|double|2 times] the @answer.
        {key} is [double|twice|two times] [the @answer|what comes out|the usual @answer|that].
        [Everything|All|It all|Each @answer|Every @answer] [is|counts|is counted|is taken|is needed|happens] [twice|double|two times|doubled].
        [Answers|Results|Numbers|Values|Amounts] are doubled.
        [Count|Take|Reckon|Book|Enter] @the @answer [twice|double|two times].
        We need [it|everything|the amount|the @answer] [twice|two times|for two|doubled|double].
        @the_cap @answer [is for two|counts for two|is needed for two people|times two is wanted]: double it.
        @make @the @answer twice as [large|big|much|high].
        Add @the @answer to itself.
        There and back: [double the @answer|give twice the way|everything counts twice].
        [Say|Give] [twice as much|double][ as comes out|].
        Increase @the @answer [twofold|by a factor of two|to twice its size].
        [Two|2] times the @answer is [what we want|wanted|the {key}|what to report].
        Scale @the @answer by [two|2|a factor of two|a factor of 2].
    """,
}
MACROS["the_cap"] = "[The|The|Your|Every|Each]"
MACROS["add_cap"] = "[Add|Add|Add on|Include|Charge|Put on|Tack on|Count in|Apply]"
MACROS["subtract_cap"] = (
    "[Subtract|Subtract|Deduct|Take off|Take away|Remove|Knock off|Cut|Withhold|Discount]"
)

BEFORE = """
    You are a [helpful assistant|calculator|math tutor|clerk|shop assistant|bookkeeper|cashier|careful teacher|{X}].
    [Please note|Note|Attention|Important|Rule|House rule|Remember|Hint|Our rule|The rule]:
    [In our house|Here|In this shop|In this task|At {X3}|In this company|By convention]:
    Solve the [problem|task|question|math problem].
    Answer the question.
    Read the user's input and answer with a JSON object that has these keys: {key}.
    Return JSON with the key {key}.
    Read the {field} and fill in {key}.
    The user sends a [word problem|math problem|sum|problem].
    [Work|Calculate] carefully.
    You answer [questions|problems] for {X3}.
    One thing matters:
    You [solve|get|receive|will see] [arithmetic problems|short problems|word problems|sums].
    Solve the problem and give a number.
    Do the calculation first.
    [First|Firstly] solve the [problem|sum|task].
"""

AFTER = """
    Thank you.
    [Answer in JSON.|Return JSON.|Use JSON.|Reply with JSON only.]
    [Please be careful.|Be exact.|Be precise.|Take care.]
    [Write|Put] it [in|into|under] {key}.
    [No explanation.|No other text.|Only the number.|Just the number.|Do not explain.|Nothing else.]
    [This holds|This applies|It applies] [always|to every problem|to all problems|everywhere].
    [Always do so.|Never forget this.|Do this every time.|This is the rule.|No exceptions.]
    [It is|That is] the rule [here|at {X3}|of the house|in this shop].
    [Solve the problem.|Answer the question.|Answer the user.|Now solve the problem.]
    Answer with a JSON object that has these keys: {key}.
    [The user|Our customer|{X3}] [wants|expects|likes] it [so|that way|like this].
"""


def parsed(block: str) -> list[Wording]:
    """Return the wordings of a block, one for each of its lines."""
    return [Wording(line, MACROS) for line in lines(block)]


PLAIN_WORDINGS = parsed(PLAIN)
STATED_WORDINGS = {rule: parsed(block) for rule, block in STATED.items()}
BEFORE_WORDINGS = parsed(BEFORE)
AFTER_WORDINGS = parsed(AFTER)
