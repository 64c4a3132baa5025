"""The wordings of problems: blocks of texts per kind of sum and per subject.

Slots: {a} {b} {c} amounts (with their unit where there is one), {n} a count, {N} {M} people, {I} things,
{i} one thing, {J} {j} other things, {C} containers, {k} one container, {S} stuff, {P} a place, {T} a task.
"""

from __future__ import annotations

from tools.embedded_model.wording import Wording, lines

MACROS = {
    "has": "[has|had|owns|has got|holds|keeps|starts with|began with|starts out with|possesses|carries|counts]",
    "gets": "[gets|buys|finds|receives|picks up|collects|is given|adds|wins|earns|brings|obtains|gathers|makes|borrows|gains]",
    "got": "[got|bought|found|received|picked up|collected|was given|added|won|earned|brought|obtained|gathered|made|gained]",
    "more": "[more|more|extra|further|additional|other|new]",
    "gives": "[gives away|loses|sells|uses|eats|breaks|drops|throws away|hands out|donates|lends out|spends|uses up|gets rid of|removes|takes away|trades away|discards|misplaces|passes on]",
    "gave": "[gave away|lost|sold|used|ate|broke|dropped|threw away|handed out|donated|lent out|used up|got rid of|removed|took away|traded away|discarded|misplaced|passed on]",
    "gone": "[are sold|are lost|are taken away|are removed|are eaten|are used|break|go missing|are given away|disappear|are handed out|are thrown out|were sold|were lost|were taken|were removed|were eaten|were used up|got lost|were stolen|are shipped|are picked|are carried off|leave]",
    "left": "[are left|remain|are left over|are still there|are there now|are remaining|stay|are there still|will be left|are there in the end]",
    "now": "[now|now|then|in the end|afterwards|at the end|after that|finally]",
    "total": "[in total|altogether|in all|together|overall|all together|combined|as a total|all in all]",
    "each": "[each|each|apiece|per {k}|in each|in every one]",
    "howmany": "[How many|How many|How many|What number of|Count how many|Find how many|Work out how many|Tell me how many|Say how many|Determine how many]",
    "and": "[ and|, and|. Then|, then|. After that|, and then|; then|. Later| but| and later]",
    "find": "[Find|Calculate|Compute|Work out|Determine|Give|State|Figure out|Tell me]",
    "whatis": "[What is|What's|Calculate|Compute|Find|Work out|Give|Determine|Evaluate|Tell me|What do you get for|How much is|Solve]",
    "q": "[?|?|?|.|]",
    "costs": "[costs|costs|is priced at|sells for|is|goes for|cost|was|comes to]",
    "pays": "[pays|spends|hands over|paid|spent|pays out|gives]",
    "weighs": "[weighs|weighs|weighed|has a weight of|has a mass of|comes to|is]",
    "lasts": "[lasts|takes|lasted|took|goes on for|runs for|is|needs|ran for]",
    "there": "[There are|There were|We have|You see|Here are|We count|You have|I have|They have|We see|One counts|I counted]",
    "if": "[if|when|after|once|given that|suppose]",
}

COUNT: dict[str, str] = {
    "add": """
        {N} @has {a} {I}@and [he|she|{N}|] @gets {b} @more[ {I}| ones|]. @howmany {I} [does {N} have|are there|has {N}|has {N} got] [@now|@total|]@q
        {N} @has {a} {I} and {M} @has {b}[ {I}|]. @howmany {I} do they have [@total|]@q
        @there {a} {I} [in|on|at|near|inside] the {P}. {b} more [{I} |][arrive|come|are added|are brought|are put there|join them|turn up|are delivered]. @howmany {I} are there [@now|]@q
        @there {a} {I} and {b} {J}. @howmany [things|objects|items|pieces|of them] are there [@total|]@q
        [A|One|The first] {k} holds {a} {I}[,| and] [another|a second one|the other|the next] [holds |has |contains |]{b}. @howmany {I} are there @total@q
        @howmany {I} does {N} have @if [he|she] @has {a} and @gets {b} @more@q
        @howmany {I} are there @total if {N} brings {a} and {M} brings {b}@q
        {N} @got {a} {I} [in the morning|on Monday|yesterday|first|last week|at first] and {b} [in the afternoon|on Tuesday|today|later|this week|in the evening|next]. @howmany [{I} |]is that @total@q
        {a} {I} are put in a {k} that already [holds|had|has|contains] {b}. @howmany {I} are in it now@q
        {N} has {b} [more|] {I} [more than|in addition to] {M}[, who has| who has] {a}. @howmany {I} does {N} have@q
        {M} has {a} {I}. {N} has {b} more [than {M}|than that]. @howmany [{I} |]does {N} have@q
        {N}'s {k} @has {a} {I}; {b} [more |]are put in. @find the [new number|total number|number] of {I}.
        [After|When] {a} {I} came, {b} more came. @howmany {I} came @total@q
        To {a} {I}, {N} adds {b}. @howmany [{I} |]are there [@now|]@q
        {N} counts {a} {I} in one {k} and {b} in another. What is the total[ number| count|]@q
        {a} {I} were [sold|made|seen|counted|planted|baked|packed|read] on one day and {b} on the next. @howmany were [sold|made|there|counted] [@total|]@q
        The {P} [has|had|holds] {a} {I} and {b} {J}. @find the total[ number of things|].
        {N} read {a} pages [before lunch|on one day|last night] and {b} [after lunch|the next day|tonight]. How many pages [did {N} read|is that|were read] [@total|]@q
        {N} needs {b} more {I} [than|to add to] the {a} [already there|at hand|in the {k}]. @howmany {I} is that[ @total|]@q
        {N} scored {a} points in [one|the first] game and {b} in [the next|another]. How many points [did {N} score|is that|in all]@q
        [With|Given] {a} {I} and {b} @more, @howmany are there@q
        The number of {I} was {a}. It [went up|rose|grew|increased] by {b}. What is it now@q
        {a} children are [in|on|at] the {P}, {b} [more |others |]join. How many children are [there|in the {P}] now@q
        Before: {a} {I}. Added: {b}. @howmany [now|are there now|are there]@q
    """,
    "sub": """
        {N} @has {a} {I}@and [he|she|{N}|] @gives {b}[ of them| {I}|]. @howmany {I} [@left|does {N} have left|does {N} still have|has {N} left|does {N} have now]@q
        {N} @has {a} {I}@and [he|she|{N}|] @gave {b}[ of them| {I}|]. @howmany [{I} |][@left|does {N} have left|does {N} still have|has {N} now]@q
        @there {a} {I} [in|on|at|inside] the [{k}|{P}]. {b} [of them |of these |]@gone. @howmany [{I} |]@left@q
        [From|Out of|Of] {a} {I}, {b} @gone. @howmany [{I} |]@left@q
        {N} takes {b} {I} [from|out of] a {k} [of|with|that holds] {a}. @howmany [{I} |]@left@q
        {b} of {N}'s {a} {I} @gone. @howmany [{I} |][@left|does {N} have left]@q
        @howmany {I} @left @if {N} had {a} and @gave {b}@q
        @howmany {I} @left @if {b} of {a} [{I} |]are [gone|taken away|removed|sold|lost|eaten]@q
        {N} has {a} {I}, {M} has {b}. @howmany more {I} does {N} have[ than {M}|]@q
        {N} has {a} {I}. {M} has {b} [fewer|less]. @howmany [{I} |]does {M} have@q
        {M} has {b} [fewer|less] {I} than {N}, who has {a}. @howmany [{I} |]does {M} have@q
        @there {a} {I} and {b} {J}. @howmany more {I} than {J} are there@q
        @there {a} {I}, but only {b} [are needed|fit in the {k}|are [red|good|ripe|new]]. @howmany are [left over|too many|not]@q
        {N} needs {a} {I} [but|and] has [only|already|just|] {b}. @howmany [more |]{I} are [missing|needed|still needed|lacking]@q
        {N} wants {a} {I}. [So far|Up to now|Until now] {N} has {b}. @howmany [are missing|more are needed|does {N} still need]@q
        {a} {I} were in the {P}. {N} took {b}[ of them|] [home|away|with her|with him|]. @howmany [stayed|were left|remained|are there now]@q
        A {k} [held|had|contained] {a} {I} [until|before] {b} were [taken out|removed|sold|eaten|lost]. @howmany [{I} |]@left@q
        A book has {a} pages. {N} [has read|read|finished] {b}. How many pages [are left|remain|are unread|are still to be read]@q
        {a} people are [on the bus|on the train|at the party|in the room|in the {P}]. {b} [get off|leave|go home|go away|walk out]. How many [people |]@left@q
        {a} birds sit in a tree[ and|.] {b} fly away. How many [birds |]@left@q
        {N} is {a} years old, {M} is {b}. How many years [older|younger] is [the older one|{N}|the younger]@q
        The number of {I} was {a}. It [went down|fell|dropped|decreased|shrank] by {b}. What is it now@q
        [After|When|Once] {b} of the {a} {I} @gone, @howmany @left@q
        {N}'s {k} of {a} {I} is [short of|missing|lacking] {b}. @howmany [{I} |]are in it@q
        Take {b} {I} [away |]from {a}. @howmany [{I} |]@left@q
        {N} baked {a} {I}; {b} were [burnt|eaten|sold|bad]. @howmany [good ones |]@left@q
        There were {a} {I}. Now there are {b}. @howmany [are gone|were taken|disappeared|have been used|went missing]@q
        What is the difference between {N}'s {a} {I} and {M}'s {b}@q
        Before: {a} {I}. [Taken|Sold|Lost|Used|Removed]: {b}. @howmany [now|are left|remain]@q
        Of {a} students, {b} are [absent|ill|girls|boys|late|on a trip]. How many are [not|present|the others|here]@q
        {N} must [pack|sell|read|plant|paint|clean] {a} {I} and has done {b}. @howmany are [left|still to do|to go|remaining]@q
    """,
    "mul": """
        {N} @has {n} {C} [with|of|holding|that hold] {a} {I} @each. @howmany {I} [does {N} have|are there] [@total|]@q
        @there {n} {C} [with|of] {a} {I} @each. @howmany {I} are there[ @total|]@q
        @there {n} {C}. [Each|Every] [{k} |one |]has {a} {I}. @howmany {I} are there[ @total|]@q
        [Each|Every|One] {k} [holds|has|contains|carries] {a} {I}. @howmany [{I} |][do|are in] {n} [{C} |][hold|have|contain|altogether]@q
        {n} {C} [hold|contain|have|carry] {a} {I} @each. @howmany [{I} |][is that|are there|do they hold|] @total@q
        {N} [buys|packs|fills|carries|sells|brings] {n} {C} of {a} {I}[ each|]. @howmany {I} is that[ @total|]@q
        @howmany {I} are [there |]in {n} {C} [of|with] {a}[ {I}|] each@q
        @howmany {I} does {N} need [for|to fill] {n} {C} [with|of] {a} [{I} |]each@q
        {n} people [get|bring|have|take|pick|make|need] {a} {I} [each|apiece]. @howmany {I} [is that|are there|are needed|do they have] [@total|]@q
        {N} [reads|makes|sells|plants|eats|collects|finds|picks] {a} {I} [a|per|each|every] [day|hour|week]. @howmany [{I} |]in {n} [days|hours|weeks]@q
        [In|Over|During] {n} days {N} [reads|makes|sells|plants|eats|collects] {a} {I} [a|per|each|every] day. @howmany [{I} |]is that[ @total|]@q
        {n} rows of {a} {I} [stand|are planted|are laid out|are set up]. @howmany [{I} |][are there|is that][ @total|]@q
        A {k} of {a} {I} is [bought|ordered|packed|delivered] {n} times. @howmany {I} [is that|in all]@q
        {N} has {n} times as many {I} as {M}, who has {a}. @howmany [{I} |]does {N} have@q
        {M} has {a} {I}; {N} has {n} times [as many|that many|that]. @howmany [{I} |]does {N} have@q
        {a} {I} go into [each|one|every|a] {k}. @howmany go into {n}[ {C}|]@q
        {N} gives {a} {I} to each of {n} [friends|children|people|guests|neighbours]. @howmany [{I} |]does {N} give[ away|]@q
        [A spider|A bug|A robot] has {a} legs. How many legs do {n} have@q
        A room has {n} rows with {a} [seats|chairs|desks] [each|in each row|per row]. How many [seats|chairs|desks] are there@q
        {n} [teams|groups|classes|tables] of {a} [players|people|children|guests|students]: how many [people|in all|is that]@q
        {a} {I} [per|in a|to a|in each] {k}, {n} {C}. @howmany {I}[ @total|]@q
        A wall is {n} {I} wide and {a} {I} high. @howmany {I} are in it@q
    """,
    "half": """
        {N} has {a} {I} and gives [half|half of them|one half] [away|to {M}]. @howmany [{I} |][@left|does {N} have left|does {N} keep]@q
        [Half|One half] of {a} {I} @gone. @howmany [{I} |]@left@q
        {a} {I} are [shared|divided|split] [equally |evenly |fairly |]between [two|2] [people|children|friends|{C}]. @howmany does each [get|have|hold]@q
        {N} and {M} [share|split|divide] {a} {I} [equally|evenly|fairly|in half]. @howmany [{I} |]does [each|each of them|{N}] get@q
        {N} has half as many {I} as {M}, who has {a}. @howmany [{I} |]does {N} have@q
        {M} has {a} {I}, {N} has half [as many|of that|that]. @howmany [{I} |]does {N} have@q
        @howmany {I} are [in half of|half of] {a}@q
        Half of the {a} {I} [are|were] [red|sold|gone|ripe|new]. @howmany is that@q
        {N} [eats|uses|sells|takes] half of {a} {I}. @howmany [@left|does {N} [eat|use|sell|take]]@q
    """,
    "add3": """
        {N} has {a} {I}, {M} has {b} and [a friend|{L}] has {c}. @howmany {I} do they have @total@q
        @there {a} {I}, {b} {J} and {c} [others|more things|cups|coins|shells]. @howmany [things |items |]are there [@total|]@q
        {N} @got {a} {I} on [Monday|day one|Friday], {b} on [Tuesday|day two|Saturday] and {c} on [Wednesday|day three|Sunday]. @howmany [{I} |]is that @total@q
        Three {C} hold {a}, {b} and {c} {I}. @howmany {I} are there @total@q
        {N} has {a} {I}, gets {b} [more |]from {M} and {c} [more |]from [a friend|{L}]. @howmany [{I} |]does {N} have now@q
        {N} starts with {a} {I}, then adds {b} and then {c} more. @howmany [{I} |]are there [@now|]@q
    """,
    "addsub": """
        {N} @has {a} {I}, @gets {b} @more and [then |]@gives {c}. @howmany {I} [@left|does {N} have now|does {N} have left]@q
        {N} @had_ {a} {I}. {N} @got {b} [more|] and @gave {c}. @howmany [{I} |]does {N} have [now|left]@q
        @there {a} people on a [bus|train]. {b} get on and {c} get off. How many [people |]are on it now@q
        A {k} has {a} {I}. {N} puts in {b} [more |]and takes out {c}. @howmany [{I} |]@left@q
        {N} has {a} {I} and {M} has {b}. They [lose|sell|use|give away|eat] {c} [of them|together|]. @howmany [{I} |]do they have [left|now]@q
        The {P} had {a} {I}. {c} @gone and {b} [arrived|were added|came|were brought]. @howmany [{I} |]are there now@q
        {N} @has {a} {I}. After {M} takes {c} away, {N} finds {b} [more|others]. @howmany [{I} |]does {N} have [now|]@q
        {a} {I} and {b} {J} are in a {k}. {c} things are [taken out|removed|lost|sold]. @howmany things @left@q
    """,
    "subsub": """
        {N} @has {a} {I}, gives {b} to {M} and {c} to [a friend|{L}]. @howmany {I} [@left|does {N} have left|does {N} keep]@q
        {N} @had_ {a} {I}, [lost|sold|ate|used] {b} and [then |][gave away|broke|dropped|used] {c} [more|]. @howmany [{I} |][@left|does {N} have left]@q
        @there {a} {I}. {b} @gone, then {c} more. @howmany [{I} |]@left@q
        Of {a} {I}, {b} are [red|sold|taken] and {c} are [blue|broken|lost]. @howmany [others are there|are neither|@left]@q
        {a} people are at the {P}. First {b} leave, then {c} [more |]leave. How many [people |]@left@q
        {N} has to [read|pack|sell|paint] {a} {I}. {b} are done on [Monday|the first day] and {c} on [Tuesday|the next day]. @howmany @left@q
    """,
    "muladd": """
        {N} has {n} {C} of {a} {I} and {b} [single ones|more|loose {I}|extra {I}|others]. @howmany {I} [does {N} have|are there] [@total|]@q
        @there {n} {C} with {a} {I} each and {b} [more |other |loose |]{I}. @howmany {I} are there [@total|]@q
        {N} buys {n} {C} of {a} {I}[.| and] {M} [brings|gives|adds] {b} more. @howmany [{I} |]are there [now|@total]@q
        {N} had {b} {I} and buys {n} {C} with {a} {I} each. @howmany {I} does {N} have [now|@total]@q
        {N} makes {a} {I} a day for {n} days, then {b} more. @howmany {I} [is that|are made] @total@q
    """,
    "mulsub": """
        {N} has {n} {C} of {a} {I} [and|but] {b} [of them |]@gone. @howmany [{I} |]@left@q
        @there {n} {C} with {a} {I} each. {b} [{I} |of them |]@gone. @howmany [{I} |]@left@q
        {N} buys {n} {C} of {a} {I} and [uses|eats|gives away|loses|sells] {b}. @howmany [{I} |][@left|does {N} have left]@q
        Each of {n} {C} holds {a} {I}. {N} takes {b} out. @howmany [{I} |]@left @total@q
    """,
}
MACROS["had_"] = "[had|began with|started with|owned|kept]"

QUANTITY: dict[str, dict[str, str]] = {
    "money": {
        "add": """
            A {i} @costs {a}[,| and] a {j} [@costs |]{b}. [What|How much] [do both cost|do they cost|is that|do the two cost|does one pay] [together|in total|in all|]@q
            {N} buys a {i} for {a} and a {j} for {b}. How much does {N} [pay|spend|have to pay] [@total|]@q
            {N} @pays {a} for a {i} and {b} for a {j}. [How much is that|What does it come to|What is the total|What is the sum] [@total|]@q
            {N} has {a} and [gets|earns|finds|receives|is paid|is given] {b} [more|]. How much [money |]does {N} have [now|]@q
            {N} [earned|made|was paid] {a} [on Monday|in the morning|last week|first] and {b} [on Tuesday|in the evening|this week|later]. How much is that @total@q
            What do a {i} [at|for|costing] {a} and a {j} [at|for|costing] {b} cost together@q
            The price of a {i} was {a}. It [went up|rose|was raised|increased] by {b}. What is the [new |]price[ now|]@q
            A {i} costs {a}. A {j} costs {b} more. [What|How much] does the {j} cost@q
            {N} saved {a} and {M} saved {b}. How much [money |][did they save|do they have|is that] @total@q
            @find the total [bill|price|cost] of a {i} at {a} and a {j} at {b}.
            The bill is {a} for the {i} plus {b} for the {j}. What is the total@q
            [There is|There was] {a} in the [box|account|purse|jar|till]. {N} puts in {b}. How much is in it now@q
        """,
        "sub": """
            {N} has {a}[.| and] [{N} |]@pays {b} for a {i}. How much [money |][is left|remains|does {N} have left|does {N} still have|is left over]@q
            {N} had {a} and [spent|lost|gave away|paid out|lent {M}] {b}. How much [is left|remains|does {N} have now|does {N} still have]@q
            A {i} @costs {a}, a {j} [@costs |]{b}. How much [more does the {i} cost|dearer is the {i}|cheaper is the {j}|is the difference]@q
            A {i} costs {a}. A {j} costs {b} less. [What|How much] does the {j} cost@q
            A {j} is {b} cheaper than a {i}, which costs {a}. What does the {j} cost@q
            The price of a {i} was {a}. It [went down|fell|was cut|dropped|was lowered|was reduced] by {b}. What is [it now|the new price|the price now]@q
            {N} pays for a {i} of {b} with {a}. How much [change|money back] does {N} get[ back|]@q
            A {i} costs {b}. {N} [pays with|hands over|gives] {a}. [How much|What] is the change@q
            {N} needs {a} for a {i} [but|and] has [only |saved |]{b}. How much is [missing|still needed|lacking|to be saved]@q
            {N} wants to buy a {i} for {a}. {N} has {b}. How much more does {N} need@q
            [From|Out of] {a} {N} [spends|pays|takes|gives] {b}. [What|How much] [is left|remains]@q
            How much [is left|remains|money is left] @if {N} @pays {b} out of {a}@q
            [There is|There was] {a} in the [box|account|purse|jar|till]. {N} takes out {b}. How much [is left|remains|is in it now]@q
            {N} earns {a}, {M} earns {b} less. How much does {M} earn@q
            {N} owes {M} {a} and [has paid|pays] back {b}. How much [is still owed|does {N} still owe|is left to pay]@q
        """,
        "mul": """
            {n} {I} @cost_ {a} each. [What|How much] do they cost [@total|]@q
            A {i} costs {a}. [What|How much] do {n} [{I} |]cost@q
            {N} buys {n} {I} [for|at] {a} [each|apiece|a piece|per piece]. How much does {N} [pay|spend|have to pay] [@total|]@q
            What [is the price|is the cost|is the total] of {n} {I} at {a} each@q
            How much [does {N} pay|is it|must be paid] for {n} {I} that cost {a} each@q
            {N} [earns|makes|gets|saves|is paid|spends] {a} [an hour|a day|a week|per hour|each day]. How much [is that|does {N} [earn|make|save|spend]] in {n} [hours|days|weeks]@q
            {n} people [pay|give|owe|get] {a} each. How much [is that|do they pay|money is it] [@total|]@q
            One {i} is {a}. {N} wants {n}. What [will it cost|does {N} pay|is the total]@q
            {N} sells {n} {I} at {a} each. How much [money |]does {N} [get|make|take in]@q
            {n} {I}, {a} each: how much [is that|@total|]@q
        """,
        "half": """
            A {i} costs {a}. It is [sold at|now|on sale for] half [the price|price]. What does it cost now@q
            {N} and {M} [share|split] [a bill of|] {a} [equally|evenly|in half]. How much does each [pay|get]@q
            {N} [spends|gives away|saves] half of {a}. How much is [that|left]@q
            A {j} costs half as much as a {i} at {a}. What does the {j} cost@q
        """,
        "add3": """
            {N} buys a {i} for {a}, a {j} for {b} and a [bag|map|pin] for {c}. How much [is that|does {N} pay] [@total|]@q
            Three {I} cost {a}, {b} and {c}. What do they cost [@total|]@q
            {N} earns {a}, then {b}, then {c}. How much is that @total@q
        """,
        "addsub": """
            {N} has {a}, [earns|gets|finds] {b} and [spends|pays|loses] {c}. How much does {N} have [now|left]@q
            {N} had {a}. {N} @got {b} [more |]and [spent|paid|gave away] {c}. How much [is left|does {N} have now]@q
            A {i} costs {a} and a {j} {b}. With a [coupon|voucher|rebate] {N} pays {c} less. How much does {N} pay@q
        """,
        "subsub": """
            {N} has {a} and [pays|spends] {b} for a {i} and {c} for a {j}. How much [is left|does {N} have left|remains]@q
            From {a} {N} [spends|gives] {b}, then {c}. How much [is left|remains]@q
        """,
        "muladd": """
            {N} buys {n} {I} at {a} each and a {j} for {b}. How much [is that|does {N} pay] [@total|]@q
            {n} {I} cost {a} each, [delivery|packing|a bag|a {j}] costs {b}. What is the total@q
            {N} had {b} and earns {a} a day for {n} days. How much does {N} have now@q
        """,
        "mulsub": """
            {N} buys {n} {I} at {a} each with a [coupon|voucher] for {b} off. How much does {N} pay@q
            {N} earns {a} a day for {n} days and spends {b}. How much is left@q
            {N} sells {n} {I} at {a} each and pays {b} for [a stall|{I}|a {j}]. How much is left@q
        """,
    },
    "weight": {
        "add": """
            A {k} of {S} @weighs {a}, [another|a second|the other] [@weighs |]{b}. [What|How much] do [both|they|the two] weigh [together|@total|]@q
            {N} has {a} of {S} and buys {b} [more|]. How much {S} [does {N} have|is there|is that] [now|]@q
            {N} mixes {a} of {S} with {b} of [water|salt|sugar|sand]. How [heavy is|much does] the mixture[ weigh|]@q
            The {i} @weighs {a} and the {j} {b}. What is [the total weight|their weight together|the weight of both]@q
            A {k} @weighs {a}. {b} of {S} [is|are] put in. How [heavy is it|much does it weigh] now@q
            {N} carries {a} of {S}, {M} carries {b}. How much [{S} |]is that @total@q
            A [cat|dog|calf|baby|lamb] weighed {a} and [gained|put on] {b}. What does it weigh now@q
            A {i} weighs {a}. A {j} weighs {b} more. [What|How much] does the {j} weigh@q
            @find the total weight of a {i} of {a} and a {j} of {b}.
        """,
        "sub": """
            {N} has {a} of {S} and @gives {b}. How much [{S} |][is left|remains|does {N} have left|is there still]@q
            A {k} holds {a} of {S}. {b} [is|are] [taken out|used|sold|removed|spilled|eaten]. How much [{S} |][is left|remains|is still in it|stays in it]@q
            [From|Of|Out of] {a} of {S}, {b} is [used|sold|lost|eaten|taken]. How much [is left|remains]@q
            A {i} weighs {a}, a {j} {b}. How much [heavier is the {i}|lighter is the {j}|is the difference|more does the {i} weigh]@q
            A {i} weighs {a}. A {j} weighs {b} less. [What|How much] does the {j} weigh@q
            A full {k} @weighs {a}, the empty {k} {b}. What does the {S} in it weigh@q
            {N} needs {a} of {S} [but|and] has [only |]{b}. How much [is missing|more is needed|is still needed]@q
            {N} weighed {a} and [lost|took off] {b}. What does {N} weigh now@q
            Take {b} of {S} [away |]from {a}. How much [is left|remains]@q
            A {k} of {S} weighing {a} [becomes|gets|is made] {b} lighter. What does it weigh [now|then]@q
        """,
        "mul": """
            {n} {C} of {S} weigh {a} each. [What|How much] do they weigh [@total|]@q
            A {k} of {S} @weighs {a}. [What|How much] do {n} [{C} |]weigh@q
            Each of {n} {I} @weighs {a}. What is [the total weight|their total weight|the weight of all]@q
            {N} buys {n} {C} of {S} with {a} each. How much {S} is that [@total|]@q
            {N} [eats|uses|needs|sells|loads] {a} of {S} [a day|each day|per day|an hour]. How much [{S} |]in {n} [days|hours]@q
            How [heavy are|much weigh] {n} {I} of {a} each@q
            A [recipe|cake|loaf] needs {a} of {S}. How much [{S} |]do {n} [need|take]@q
        """,
        "half": """
            {N} has {a} of {S} and uses half[ of it|]. How much is left@q
            {a} of {S} [is|are] [shared|split|divided] [equally |evenly |]between two [people|{C}]. How much [goes to each|is in each|does each get]@q
            Half of {a} of {S} is [sold|eaten|used]. How much is that@q
        """,
        "add3": """
            Three {C} of {S} weigh {a}, {b} and {c}. [What|How much] do they weigh @total@q
            {N} buys {a} of {S}, {b} of [salt|rice] and {c} of [corn|butter]. What does it weigh @total@q
        """,
        "addsub": """
            A {k} holds {a} of {S}. {b} [is|are] added and {c} [taken out|removed|used]. How much is in it now@q
            {N} has {a} of {S}, buys {b} and uses {c}. How much [is left|does {N} have now]@q
        """,
        "subsub": """
            From {a} of {S} {N} [sells|uses] {b} and then {c}. How much [is left|remains]@q
        """,
        "muladd": """
            {n} {C} of {S} weigh {a} each and a {j} weighs {b}. What do they weigh @total@q
            {N} has {n} {C} of {S} with {a} each and {b} [more|loose]. How much {S} is that@q
        """,
        "mulsub": """
            {N} buys {n} {C} of {S} with {a} each and uses {b}. How much [is left|remains]@q
        """,
    },
    "length": {
        "add": """
            A {r} of {a} is [tied|joined|added|fixed] to one of {b}. How long is [it|the {r}|the whole {r}|the result] [now|]@q
            {N} [walks|runs|drives|cycles|swims|rides] {a} [and then|in the morning and|, then|on one day and] {b} [more|in the evening|on the next|]. How far is that [@total|]@q
            One {r} is {a} long, another [is |]{b}. How long are [both|they|the two] [together|end to end|]@q
            {N} has {a} of {r} and buys {b} more. How much [{r} |]does {N} have now@q
            A [tree|plant|tower|child|candle] is {a} [tall|high] and [grows|gets taller by|gains] {b}. How [tall|high] is it [now|then]@q
            The way to the {P} is {a}, from there to the shop {b}. How [long is the way|far is it] [@total|]@q
            A {r} is {a} long. Another is {b} longer. How long is the other one@q
            {N} jumps {a} and then {b}. How far [is that|did {N} jump] @total@q
        """,
        "sub": """
            A {r} is {a} long. {N} cuts off {b}. How [long is the rest|much is left|long is it now|long is what remains]@q
            {N} has {a} of {r} and uses {b}. How much [{r} |][is left|remains|does {N} have left]@q
            {N} must [walk|run|drive|ride] {a} and has [walked|done|gone|covered] {b}. How [far is it still|far is left|much is left|far is it to the end]@q
            One {r} is {a} long, another {b}. How much longer is the [first|longer one]@q
            A {r} is {a} long. Another is {b} shorter. How long is the other one@q
            From a {r} of {a} {N} [cuts|takes|removes|saws off] {b}. How [much|long] [is left|remains|is the rest]@q
            {N} is {a} tall, {M} {b}. [What is the difference in height|How much taller is {N}]@q
            A candle of {a} [burns down|gets shorter] by {b}. How long is it [now|then]@q
            A {r} [measured|was] {a} before {b} [was|were] cut off. How long is it now@q
        """,
        "mul": """
            {n} {r}s of {a} each [lie|are laid|are put|stand] [end to end|in a row|in a line]. How long [is the row|is that|are they @total]@q
            {N} [walks|runs|swims|drives|cycles] {a} [a day|every day|each day|an hour|per hour]. How far [is that |]in {n} [days|hours]@q
            A {r} is {a} long. How long are {n} of them [end to end|together|]@q
            {N} needs {n} pieces of {r} of {a} each. How much {r} [is that|does {N} need] [@total|]@q
            One lap is {a}. How far are {n} laps@q
            A step is {a} high. How high are {n} steps@q
        """,
        "half": """
            A {r} of {a} is cut [in half|in two equal parts|in the middle]. How long is each [part|piece|half]@q
            {N} [walks|drives|has done] half of a way of {a}. How far is [that|left]@q
        """,
        "add3": """
            {N} [walks|runs|drives] {a}, then {b} and then {c}. How far [is that|does {N} go] @total@q
            The sides of a triangle are {a}, {b} and {c}. [What is the perimeter|How long is the way around it]@q
        """,
        "addsub": """
            A {r} is {a} long. {N} ties on {b} and cuts off {c}. How long is it now@q
            {N} walks {a} [forward|east|up], {b} more and then {c} back. How far is {N} from the start@q
        """,
        "subsub": """
            From a {r} of {a} {N} cuts {b} and then {c}. How [long is the rest|much is left]@q
        """,
        "muladd": """
            {N} runs {n} laps of {a} and then {b} [home|more]. How far is that@q
        """,
        "mulsub": """
            {n} {r}s of {a} each are joined and {b} is cut off. How long is the rest@q
        """,
    },
    "time": {
        "add": """
            A {T} @lasts {a}, the next {b}. How long [are both|do both take|is that] [together|@total|]@q
            {N} [works|reads|trains|plays|studies|sleeps|waits] {a} [in the morning|on Monday|first|yesterday] and {b} [in the evening|on Tuesday|later|today]. How long is that [@total|]@q
            A {T} of {a} [is|gets|was] [extended by|longer by|delayed by] {b}. How long does it take [now|]@q
            The {T} takes {a} and the {U} {b}. How much time is needed [@total|for both]@q
            A {T} lasts {a}. The {U} lasts {b} longer. How long is the {U}@q
            How long [does|will] {N} need for a {T} of {a} and a {U} of {b}@q
        """,
        "sub": """
            A {T} @lasts {a}. {b} [have passed|are over|are done|is over|has gone by]. How [long is left|much time is left|long does it still take|much remains]@q
            {N} has {a} for a {T} and has used {b}. How much time [is left|remains]@q
            A {T} takes {a}, the {U} {b}. How much longer is the {T}@q
            A {T} lasts {a}. The {U} is {b} shorter. How long is the {U}@q
            A {T} of {a} [ends|ended|stops] {b} early. How long [is|was] it@q
            {N} needed {a} for a {T}. Now {N} is {b} faster. How long does {N} need now@q
        """,
        "mul": """
            {n} {T}s take {a} each. How long is that [@total|]@q
            {N} [works|trains|sleeps|reads|plays] {a} a day. How [long|many hours] is that in {n} days@q
            A {T} @lasts {a}. How long do {n} [{T}s |]take@q
            {N} has {n} {T}s of {a} each. How much time is that [@total|]@q
            It takes {a} to make a {i}. How long does it take to make {n}@q
        """,
        "half": """
            A {T} takes {a}. Half [of it |]is over. How long is left@q
            {N} is done in half of {a}. How long [is that|did it take]@q
        """,
        "add3": """
            {N} does a {T} for {a}, a {U} for {b} and a [walk|break] for {c}. How long is that @total@q
        """,
        "addsub": """
            A {T} of {a} is {b} late in starting and made {c} shorter. How long until it ends@q
        """,
        "subsub": """
            {N} has {a}. A {T} takes {b}, a {U} {c}. How much time is left@q
        """,
        "muladd": """
            {N} does {n} {T}s of {a} each and a {U} of {b}. How long is that @total@q
        """,
        "mulsub": """
            {n} {T}s of {a} each are planned, but {b} are [saved|cut|skipped]. How long is that@q
        """,
    },
    "volume": {
        "add": """
            A {k} holds {a} of {W}[.| and] {N} [pours in|adds|fills in] {b}. How much [{W} |]is in it [now|]@q
            {N} has {a} of {W} and [buys|gets|makes] {b} more. How much [{W} |][is that|does {N} have now]@q
            One {k} holds {a} of {W}, another {b}. How much [{W} |]do they hold [@total|]@q
            {N} drinks {a} of {W} and {M} {b}. How much is that @total@q
            {a} of {W} [is|are] mixed with {b} of [water|milk]. How much [liquid |]is that@q
        """,
        "sub": """
            A {k} holds {a} of {W}. {b} [is|are] [poured out|used|drunk|spilled|taken out|leaked]. How much [{W} |][is left|remains|is still in it]@q
            {N} has {a} of {W} and [drinks|uses|spills|sells|pours away] {b}. How much [{W} |][is left|remains]@q
            A tank for {a} holds {b} of {W}. How much [more |]fits in@q
            {N} [takes|drains|pours] {b} of {W} out of {a}. How much [is left|remains|stays]@q
            A {k} loses {b} of its {a} of {W}. What [is left|remains]@q
        """,
        "mul": """
            {n} {C} hold {a} of {W} each. How much {W} is that [@total|]@q
            {N} uses {a} of {W} a day. How much [{W} |]in {n} days@q
            A {k} holds {a} of {W}. How much do {n} [{C} |]hold@q
        """,
        "half": """
            A {k} of {a} is half full[ of {W}|]. How much [{W} |]is in it@q
            {N} drinks half of {a} of {W}. How much is left@q
        """,
        "add3": """
            {N} pours {a}, {b} and {c} of {W} into a {k}. How much is in it@q
        """,
        "addsub": """
            A {k} has {a} of {W}. {b} [is|are] poured in and {c} out. How much is in it now@q
        """,
        "subsub": """
            From {a} of {W} {N} takes {b} and {M} {c}. How much [is left|remains]@q
        """,
        "muladd": """
            {n} {C} hold {a} of {W} each, a jug holds {b}. How much is that @total@q
        """,
        "mulsub": """
            {n} {C} hold {a} of {W} each. {b} [is|are] spilled. How much [is left|remains]@q
        """,
    },
    "plain": {
        "add": """
            The temperature was {a} degrees and [rose|went up|climbed] by {b}. What is it now@q
            {N} thinks of {a} and adds {b}. [What is the result|What number comes out|What is it now]@q
            [A number|The value|The level|The score] is {a} and [grows|rises|increases|goes up] by {b}. What is it [now|then]@q
            [Start|Begin] with {a}[.| and] [Add|add] {b}. What do you [get|have]@q
            What number is {b} [more|greater|larger|higher] than {a}@q
            {N} got {a} points and then {b} [more|]. How many points is that@q
        """,
        "sub": """
            The temperature was {a} degrees and [fell|went down|dropped|sank] by {b}. What is it now@q
            {N} thinks of {a} and [takes away|subtracts] {b}. [What is the result|What number comes out|What is it now]@q
            [A number|The value|The level|The score] is {a} and [shrinks|falls|decreases|goes down|drops] by {b}. What is it [now|then]@q
            [Start|Begin] with {a}[.| and] [Take away|take away|Subtract|subtract|Remove] {b}. What [do you get|is left|remains]@q
            What number is {b} [less|smaller|lower|fewer] than {a}@q
            What must be added to {b} to get {a}@q
            {N} had {a} points and lost {b}. How many points [are left|does {N} have]@q
            By how much is {a} [more|greater|larger|bigger] than {b}@q
        """,
        "mul": """
            {N} thinks of {a} and multiplies it by {n}. [What is the result|What comes out]@q
            What is {n} times as much as {a}@q
            A [car|machine|pump|printer|robot] does {a} [a minute|per hour|a day]. How much [is that |does it do |]in {n} [minutes|hours|days]@q
            A rectangle is {n} wide and {a} long. What is its area@q
            {N} scores {a} points in each of {n} games. How many points [is that|in all]@q
        """,
        "half": """
            {N} thinks of {a} and [halves it|takes half of it|divides it by two]. [What is the result|What comes out]@q
            What is [half of|one half of|a half of] {a}@q
            What number is half as [much|big|large] as {a}@q
        """,
        "add3": """
            {N} adds up {a}, {b} and {c}. What [is the sum|comes out|does {N} get]@q
        """,
        "addsub": """
            [Start|Begin] with {a}, add {b}, [then take away|then subtract|and take off] {c}. What [is left|do you get|is the result]@q
        """,
        "subsub": """
            [Start|Begin] with {a}, take away {b}, then {c}. What [is left|do you get|remains]@q
        """,
        "muladd": """
            Multiply {a} by {n}, then add {b}. What do you get@q
        """,
        "mulsub": """
            Multiply {a} by {n}, then [subtract|take away] {b}. What do you get@q
        """,
    },
}
MACROS["cost_"] = "[cost|cost|are priced at|sell for|are|go for]"

SPOKEN: dict[str, str] = {
    "add": """
        {a} [plus|plus|and] {b}
        [@whatis |]{a} plus {b}@q
        @whatis the sum of {a} and {b}@q
        [Add|Add up|Add together|Sum|Total] {a} and {b}.
        [Add {b} to|Increase|Raise] {a}[| by {b}].
        @whatis {a} [increased by|added to|raised by|together with] {b}@q
        @whatis {b} more than {a}@q
        @whatis the total of {a} and {b}@q
        What do {a} and {b} make[ together|]@q
    """,
    "sub": """
        {a} [minus|minus|take away|less] {b}
        [@whatis |]{a} [minus|take away|less|without] {b}@q
        @whatis the difference [between|of] {a} and {b}@q
        [Subtract|Take|Take away|Deduct|Remove] {b} from {a}.
        [Decrease|Reduce|Lower] {a} by {b}.
        @whatis {b} [less than|subtracted from|taken away from|taken from|fewer than] {a}@q
        @whatis {a} [decreased by|reduced by|lowered by] {b}@q
        What is left of {a} [after taking away|without|when you take away|if you remove] {b}@q
        What remains [of|from] {a} [after|without] {b}@q
        {a} take away {b} leaves what?
    """,
    "mul": """
        {a} [times|times|multiplied by] {b}
        [@whatis |]{a} [times|multiplied by] {b}@q
        @whatis the product of {a} and {b}@q
        Multiply {a} [by|with|and] {b}.
        @whatis {a} [lots|groups|sets] of {b}@q
    """,
    "half": """
        @whatis [half of|a half of|one half of] {a}@q
        {a} divided by [2|two]
        @whatis {a} [divided by|over] [2|two]@q
        [Halve|Divide by two:|Take half of] {a}.
    """,
    "add3": """
        [@whatis |]{a} plus {b} plus {c}@q
        @whatis the [sum|total] of {a}, {b} and {c}@q
        Add {a}, {b} and {c}.
    """,
    "addsub": """
        [@whatis |]{a} plus {b} minus {c}@q
        Add {b} to {a} and [subtract|take away] {c}.
        @whatis the sum of {a} and {b}, less {c}@q
    """,
    "subsub": """
        [@whatis |]{a} minus {b} minus {c}@q
        Subtract {b} and {c} from {a}.
    """,
    "muladd": """
        [@whatis |]{a} times {b} plus {c}@q
        Multiply {a} by {b} and add {c}.
        @whatis {c} more than {a} times {b}@q
    """,
    "mulsub": """
        [@whatis |]{a} times {b} minus {c}@q
        Multiply {a} by {b} and [subtract|take away] {c}.
        @whatis {c} less than {a} times {b}@q
    """,
}
"""Sums in words without a story; here {a} {b} {c} are the numbers as they come."""

SIGNS = """
    {e}
    {e}
    {e}
    {e} =
    {e} = ?
    @whatis {e}@q
    @whatis {e}@q
    [Please |][calculate|compute|solve|evaluate|work out]: {e}
    [Solve|Calculate|Evaluate|Compute] [the expression |this sum: |the following: |]{e}[.|]
    The [value|result] of {e}[ is?| is| =|?]
    How much is {e}[ exactly|]?
    {e} [makes|equals|gives|is] [what|how much]?
"""
"""Around sums that are written with signs, {e}."""

DISTRACTORS = """
    [It was|It is] [a sunny day|raining|early morning|late|a cold evening|very hot outside|[Monday|Friday|Sunday]].
    {L} [likes|loves|dislikes|paints|draws|collects] {Q}.
    The {P} [opens|closes] at {d} o'clock.
    {L} is {d} years old.
    The {P} is [old|big|far away|near the {P2}|very busy|on a hill|painted green].
    {L} [watches|waits outside|is asleep|sings a song|went home|has a cold|is tall].
    There is a [dog|cat|bird] [in|near|behind] the {P}.
    {L} lives at number {d}.
    [The door is open|The sky is blue|Nobody is in a hurry|Everybody is happy|The radio is on].
"""
"""Sentences that have nothing to do with what is asked."""


def parsed(block: str) -> list[Wording]:
    """Return the wordings of a block, one for each of its lines."""
    return [Wording(line, MACROS) for line in lines(block)]


COUNT_WORDINGS = {kind: parsed(block) for kind, block in COUNT.items()}
QUANTITY_WORDINGS = {
    subject: {kind: parsed(block) for kind, block in blocks.items()} for subject, blocks in QUANTITY.items()
}
SPOKEN_WORDINGS = {kind: parsed(block) for kind, block in SPOKEN.items()}
SIGN_WORDINGS = parsed(SIGNS)
DISTRACTOR_WORDINGS = parsed(DISTRACTORS)
