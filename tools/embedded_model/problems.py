"""The wordings of problems: blocks of texts per kind of sum and per subject.

Slots: {a} {b} {c} amounts (with their unit where there is one), {n} a count, {N} {M} people, {I} things,
{i} one thing, {J} {j} other things, {C} containers, {k} one container, {S} stuff, {P} a place, {T} a task.
"""

from __future__ import annotations

from tools.embedded_model.problems_of_quantities import QUANTITY
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
        {N} @had_ {a} {I}. Half [of them |]@gone. @howmany {I} @left@q
        Split {a} {I} into two equal [piles|heaps|groups|parts]. @howmany {I} are in [each|one]@q
        There used to be {a} {I} in the {P}, now there are only half as many. @howmany {I} are there now@q
        @howmany {I} does {N} get @if {M} and {N} share {a} {I} [equally|fairly|evenly]@q
        {a} shoes [make|are] how many pairs@q
        [Half of the|One in two of the] {a} people at the {P} [are|were] [children|women|guests|asleep]. How many is that@q
        {N} needed {a} {I}, but only half [were|was] [there|delivered|ready|found]. @howmany {I} is that@q
        A {k} for {a} {I} is half full. @howmany {I} are in it@q
        Two {C} hold {a} {I} together, [equally many in each|the same number each|as many in one as in the other]. @howmany {I} are in one@q
    """,
    "add3": """
        {N} has {a} {I}, {M} has {b} and [a friend|{L}] has {c}. @howmany {I} do they have @total@q
        @there {a} {I}, {b} {J} and {c} [others|more things|cups|coins|shells]. @howmany [things |items |]are there [@total|]@q
        {N} @got {a} {I} on [Monday|day one|Friday], {b} on [Tuesday|day two|Saturday] and {c} on [Wednesday|day three|Sunday]. @howmany [{I} |]is that @total@q
        Three {C} hold {a}, {b} and {c} {I}. @howmany {I} are there @total@q
        {N} has {a} {I}, gets {b} [more |]from {M} and {c} [more |]from [a friend|{L}]. @howmany [{I} |]does {N} have now@q
        {N} starts with {a} {I}, then adds {b} and then {c} more. @howmany [{I} |]are there [@now|]@q
        What is the total number of {I}, [if|when] {N} brings {a}, {M} brings {b} and {L} brings {c}@q
        On three days {N} [sold|made|saw|picked] {a}, {b} and {c} {I}. @find the [total|number of {I} in all].
        In the {P}: {a} {I}. In the {P2}: {b}. At home: {c}. @howmany {I} @total@q
        {a} [red|old] {I}, {b} [blue|new] {I} and {c} [green|broken] {I} [lie|are] in a {k}. @howmany {I} is that@q
        A bus has {a} people on it. {b} get on at the first stop and {c} at the second. How many people are on it now@q
        @howmany {I} were [delivered|brought|sold] @total @if there were {a} in the morning, {b} at noon and {c} at night@q
        First came {a} {I}, then {b}, then {c}. Count them all.
        {N} put {a} {I}, {b} {J} and {c} [coins|stones|cups] into a {k}. How many things [did {N} put in|are in it]@q
        To the {a} {I} in the {k} were added {b} by {M} and {c} by {L}. @howmany {I} are in it now@q
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
        [From|Out of] {a} {I} of {N} and {b} of {M}, {c} @gone. @howmany {I} @left@q
        @howmany {I} does {N} have in the end @if [he|she|{N}] had {a}, [bought|found] {b} and [sold|lost] {c}@q
        {c} of {N}'s {I} @gone. Before that {N} had {a} and had [bought|found|been given|won] {b} more. @howmany {I} @left@q
        [Stock|Start|Before]: {a} {I}. [In|Added|Delivered]: {b}. [Out|Sold|Taken]: {c}. How many [now|are left]@q
        {N} [baked|made|picked] {a} {I} in the morning and {b} in the afternoon, and [sold|ate|gave away] {c} of them. @howmany {I} @left@q
        A library [had|has] {a} books. {b} books [come|came] back and {c} [are|were] lent. How many books are there now@q
        Of {a} {I} and {b} {J}, {c} [are|were] [broken|wet|lost|bad]. How many things are not@q
        The number of {I} was {a}, [rose|went up|grew] by {b} and then [fell|went down|dropped] by {c}. What is it now@q
        Put {a} {I} in a {k}, add {b} and take {c} out again. @howmany {I} are in it@q
    """,
    "subsub": """
        {N} @has {a} {I}, gives {b} to {M} and {c} to [a friend|{L}]. @howmany {I} [@left|does {N} have left|does {N} keep]@q
        {N} @had_ {a} {I}, [lost|sold|ate|used] {b} and [then |][gave away|broke|dropped|used] {c} [more|]. @howmany [{I} |][@left|does {N} have left]@q
        @there {a} {I}. {b} @gone, then {c} more. @howmany [{I} |]@left@q
        Of {a} {I}, {b} are [red|sold|taken] and {c} are [blue|broken|lost]. @howmany [others are there|are neither|@left]@q
        {a} people are at the {P}. First {b} leave, then {c} [more |]leave. How many [people |]@left@q
        {N} has to [read|pack|sell|paint] {a} {I}. {b} are done on [Monday|the first day] and {c} on [Tuesday|the next day]. @howmany @left@q
        @howmany {I} @left @if {b} and then {c} of {a} are [sold|eaten|lost|taken]@q
        From a {k} of {a} {I}, {N} takes {b} and {M} takes {c}. @howmany {I} @left@q
        [Stock|Start|Before]: {a} {I}. [Sold|Used]: {b}. [Broken|Lost]: {c}. How many are left@q
        {N} baked {a} {I}. {b} were [burnt|bad] and {c} were eaten. @howmany {I} @left@q
        A book has {a} pages. {N} read {b} pages [yesterday|on Monday] and {c} [today|on Tuesday]. How many pages are still to be read@q
        The number of {I} was {a}. It [fell|dropped|went down] by {b} and then by {c}. What is it now@q
        {N} needs {a} {I}. {M} has {b} of them and {L} has {c}. @howmany {I} are still [missing|needed]@q
        After selling {b} {I} on [Monday|one day] and {c} on [Tuesday|the next], how many of {a} does {N} [still have|have left]@q
        Take {b} and another {c} away from {a} {I}. @howmany {I} @left@q
    """,
    "muladd": """
        {N} has {n} {C} of {a} {I} and {b} [single ones|more|loose {I}|extra {I}|others]. @howmany {I} [does {N} have|are there] [@total|]@q
        @there {n} {C} with {a} {I} each and {b} [more |other |loose |]{I}. @howmany {I} are there [@total|]@q
        {N} buys {n} {C} of {a} {I}[.| and] {M} [brings|gives|adds] {b} more. @howmany [{I} |]are there [now|@total]@q
        {N} had {b} {I} and buys {n} {C} with {a} {I} each. @howmany {I} does {N} have [now|@total]@q
        {N} makes {a} {I} a day for {n} days, then {b} more. @howmany {I} [is that|are made] @total@q
        @howmany {I} are there @if {n} {C} hold {a} each and {b} lie [beside them|on the floor|outside]@q
        Besides {b} single {I}, {N} has {n} {C} with {a} {I} in each. @howmany {I} is that @total@q
        {n} rows of {a} [chairs|seats|desks] stand in a hall, and {b} more stand [at the back|by the wall|outside]. How many is that @total@q
        {N} gave {a} {I} to each of {n} [friends|children|guests] and kept {b}. @howmany {I} did {N} have [at first|before|in the beginning]@q
        Fill {n} {C} with {a} {I} each; {b} {I} are left over. @howmany {I} were there [at the start|to begin with]@q
        {N} already has {b} {I} and [gets|finds|makes|buys] {a} [a day|every day|each day]. @howmany {I} does {N} have after {n} days@q
        {N} has {b} more than {n} times as many {I} as {M}. {M} has {a}. @howmany {I} does {N} have@q
        {n} {C}, {a} {I} in each, plus {b} loose ones: how many {I} [is that|in all]@q
        A game gives {a} points per [star|coin|key] and a bonus of {b}. How many points are {n} [stars|coins|keys] with the bonus@q
    """,
    "mulsub": """
        {N} has {n} {C} of {a} {I} [and|but] {b} [of them |]@gone. @howmany [{I} |]@left@q
        @there {n} {C} with {a} {I} each. {b} [{I} |of them |]@gone. @howmany [{I} |]@left@q
        {N} buys {n} {C} of {a} {I} and [uses|eats|gives away|loses|sells] {b}. @howmany [{I} |][@left|does {N} have left]@q
        Each of {n} {C} holds {a} {I}. {N} takes {b} out. @howmany [{I} |]@left @total@q
        @howmany {I} @left @if {N} fills {n} {C} with {a} each and then {b} [are lost|are eaten|break|are sold|are taken]@q
        {n} [children|friends|guests] brought {a} {I} each; {b} of these were [broken|eaten|bad|lost]. @howmany {I} were [good|left|not]@q
        {n} rows have {a} seats each, but {b} seats are [empty|broken|free]. How many seats are [not|taken|in use]@q
        {N} [makes|bakes|picks] {a} {I} a day for {n} days and [sells|eats|gives away] {b} of them. @howmany {I} @left@q
        From {n} {C} of {a} {I} each, {b} {I} [are|were] [taken|removed|sold|stolen]. @howmany {I} @left@q
        {N} has {b} [fewer|less] {I} than {n} times the {a} of {M}. @howmany {I} does {N} have@q
        {n} {C} with room for {a} {I} each are full except for {b} free places. @howmany {I} are in them@q
        {N} ordered {n} {C} of {a} {I}, [and|but] {b} {I} were missing. @howmany {I} [came|arrived|were delivered]@q
        {n} {C} of {a} {I}. {b} {I} [sold|used|lost]. How many [left|now|remain]@q
    """,
    "twice": """
        {N} @has {a} {I}. {M} has [twice|two times] as many. @howmany {I} does {M} have@q
        {M} [has|owns|keeps] {a} {I} and {N} [has|owns|keeps] double [that|that number|that many]. @howmany {I} [does {N} have|are {N}'s]@q
        @howmany {I} does {N} have @if [he|she|{N}] has [twice|double] the [number|amount] of {M}, who [has|owns] {a}@q
        {N} @has {a} {I} and @gets [the same number|just as many|exactly as many|as many] again. @howmany {I} [does {N} have|are there] [now|then|after that]@q
        {N} and {M} both have {a} {I}. @howmany {I} [do they have|is that|are there] @total@q
        [Both|The two|Two] {C} [hold|contain|have|held|contained] {a} {I} [each|apiece]. @howmany {I} are in [the two|both of them|both {C} together]@q
        {a} pairs of {I} [lie|are|stand|were left] in the {P}. @howmany [single {I}|{I}] is that@q
        @there {a} {I} [in|at|near] the {P}. [By evening|A week later|The next day|Soon] the number had doubled. @howmany {I} were there [then|by then]@q
        Double the {a} {I} [in the {k}|of {N}|we have]. @howmany {I} [does that make|will there be|are there then]@q
        A recipe [calls for|needs|takes] {a} {I}. {N} [makes|cooks|prepares] [a double batch|it twice|twice the recipe]. @howmany {I} [are needed|does {N} need]@q
        {N} [made|sold|packed|counted|planted] {a} {I} [on Monday and [the same number|equally many] on Tuesday|before lunch and [just as many|the same number] after lunch|last week and just as many this week]. [What is the total|@howmany {I} is that @total]@q
        {N}: {a} {I}. {M}: twice as many. {M} has how many@q
        Yesterday {a} {I} were [sold|made|picked|delivered]; today it was [double that|twice that|twice as many]. @find the number of {I} [for today|today].
        "I have {a} {I}," says {N}. "I have [twice as many|double that]," says {M}. @howmany {I} does {M} have@q
        There are {J} and {I} [in|at] the {P}: {a} {J} and twice as many {I}. @howmany {I} are there@q
        For every one of {a} {I}, {N} [needs|buys|gets] two {J}. @howmany {J} [is that|are there|does {N} end up with]@q
        If each of {a} {C} holds [a pair of|two|2] {I}, how many {I} are there [@total|]@q
        [{a} bicycles have two wheels each. How many wheels|{a} children put on two shoes each. How many shoes|{a} birds with two legs each: how many legs] [is that|are there]@q
    """,
    "halfadd": """
        {N} @has {a} {I}, @gives half of them and then @gets {b} @more. @howmany {I} does {N} have [now|then|in the end]@q
        {N} had {a} {I}. [He|She|{N}] @gave half [of them|] and later @got {b} more. @howmany {I} does {N} have @now@q
        Half of the {a} {I} in the {P} @gone. Then {b} [new ones|others|more] [arrive|are brought|are added|come]. @howmany {I} are there [now|after that]@q
        @howmany {I} are in the {k} @if half of its {a} {I} are [taken out|removed|sold] and {b} are put in@q
        {N} and {M} [share|split|divide] {a} {I} equally. {N} then @gets {b} more. @howmany {I} does {N} [have|have then|end up with]@q
        After [giving|selling|lending] half of {a} {I} to {M}, {N} [buys|finds|makes] {b} more. @howmany {I} does {N} have now@q
        {N} has half as many {I} as {M}, and {b} more [on top|besides|on top of that]. {M} has {a}. @howmany {I} does {N} have@q
        {a} people [are|were] [on the bus|on the train|in the room|at the party]. Half [get off|leave|go home|got off|left], then {b} [come in|get on|join|got on|joined]. How many people are there [now|then]@q
        A {k} with {a} {I} is [half emptied|emptied by half]. {N} adds {b} {I}. @howmany {I} does it [hold|contain] now@q
        [Stock|In the {P}|Monday]: {a} {I}. Half sold. [Delivered|Then new|Brought in]: {b}. [Now|How many now|How many are there now]@q
        Keep half of the {a} {I} and add {b} [new ones|others|more]. @howmany {I} [do you have|is that|are there]@q
        {M} [gives|passes|hands] {N} half of {a} {I}. {N} already [had|owned|held] {b}. @howmany {I} does {N} have now@q
        {N} [ate|used|lost|broke] one half of [the|his|her] {a} {I}, kept the other half and [bought|got|was given] {b}. What is the number of {I} now@q
        {a} {I} are [put|packed|divided] evenly into two {C}, and {b} more [go|are put] into the first one. @howmany {I} are in the first {k}@q
        The number of {I} was {a}. First it was halved, then it [rose|went up|grew|increased] by {b}. What is it now@q
        To half of {a} {I}, {N} adds {b} {J}. How many things [is that|are there|does {N} have] [@total|]@q
        By noon {N} had [sold|given away|used] half of {a} {I}; in the afternoon {b} more were [made|baked|brought|delivered]. @find how many {N} had then.
    """,
    "addhalf": """
        {N} has {a} {I} and {M} has {b}. They put them together and [share|split|divide] them equally. @howmany {I} does each [get|have then|of them get]@q
        {a} {I} and {b} {J} are [shared|divided|split] [equally|evenly|fairly] between two [friends|children|{C}|people]. How many things [go to each|are there for each]@q
        {N} @has {a} {I} and @gets {b} @more. Then [he|she|{N}] @gives half of all of them. @howmany {I} @left@q
        {N} [found|picked|made|caught] {a} {I} on [Monday|one day] and {b} on [Tuesday|the next]. What is the [average|mean] [per day|a day|number]@q
        What is the [average|mean] of {a} {I} and {b} {I}@q
        One {k} holds {a} {I} and another {b}. {N} moves some so that both hold [the same number|equally many]. @howmany {I} are in each [now|then]@q
        @howmany {I} does each of two [children|friends|players|teams] get @if {a} {I} and {b} more are shared out [equally|evenly]@q
        There were {a} {I} in the {P}. {b} more were brought, and then half of all of them [were sold|went missing|were taken|were eaten]. @howmany {I} @left@q
        Half of the {a} {I} and {b} {J} [together|taken together] [are|were] [sold|packed|broken|wet]. How many [things|pieces|items] is that@q
        {N} [scored|got|won] {a} points in [one|the first] game and {b} in [the other|the second]. What was the [average|mean] [score|number of points] per game@q
        Put {a} {I} and {b} {I} in one {k}, then take out half. @howmany {I} [stay in|are left]@q
        {N} [brings|brought] {a} {I}, {M} [brings|brought] {b}. All of them go into two {C}, [equally many|the same number] in each. @howmany {I} are in [a|one|each] {k}@q
        {a} girls and {b} boys form two teams of [the same|equal] size. How many children are in [each|one|a] team@q
        [Mon|First day|Day one]: {a} {I}. [Tue|Second day|Day two]: {b} {I}. Average per day@q
        All {I} of {N} ({a}) and {M} ({b}) were put on a table, and half of them were [red|sold|old|given away]. @howmany {I} were [that|these]@q
        @find how many {I} each of two {C} gets, if {N}'s {a} and {M}'s {b} {I} are spread evenly over them.
        A number of {I} lies halfway between {a} and {b}. [What is it|Which number is it|What number is that]@q
    """,
    "subhalf": """
        {N} @has {a} {I}, @gives {b} of them and [shares|splits] the rest equally with {M}. @howmany {I} does [each|each of the two|{N}] [get|have then]@q
        @there {a} {I}. {b} @gone, and the [rest|others] [are|were] [divided|split|shared] [equally|evenly] between two {C}. @howmany {I} are in each[ {k}|]@q
        {N} had {a} {I}. [He|She|{N}] @gave {b} and then half of [the rest|what was left|the remaining ones]. @howmany {I} @left@q
        @howmany {I} does each of [two|2] [children|friends|people] get @if {b} of {a} {I} are [kept back|bad|broken|put aside] and the rest [is|are] shared equally@q
        After {b} of the {a} {I} were [sold|lost|eaten|broken], {N} and {M} [split|shared|divided] the rest [evenly|equally|fairly]. @howmany {I} did each [get|have]@q
        Take {b} {I} [away |]from {a} and halve what is left. @howmany {I} is that@q
        [From|Out of] {a} {I}, {N} [takes|removes|sells] {b}. Half of the [remaining ones|rest] [are|is] [red|new|for {M}|ripe]. @howmany {I} is that@q
        {a} people [are|were] at the {P}. {b} [leave|go home|left|went home], and half of the others [stay|sit down|sing|stayed]. How many people is that@q
        Half of what remains when {b} of {a} {I} are [gone|taken|removed|sold]: how many {I} is that@q
        A {k} held {a} {I}. First {b} were [taken out|removed|stolen], then half of those still in it. @howmany {I} [stayed in it|were left|are in it now]@q
        {N} must [pack|sell|paint|plant] {a} {I} and has done {b}. {M} does half of [the rest|what remains]. @howmany {I} does {M} [do|get to do]@q
        [In all|Total|Stock]: {a} {I}. [Sold|Broken|Lost|Used]: {b}. The rest in two equal [piles|parts|heaps]. How many [per pile|in each|in one]@q
        {N} and {M} have {a} {I} together. {N} has {b} more than {M}. @howmany {I} does {M} have@q
        The {a} {I}, without the {b} that [were bad|are broken|{N} kept], fill two equal {C}. @howmany {I} [are in|does it take for] each@q
        Two {C} were filled evenly with {a} {I} after {b} of them had been [set aside|thrown away|given away]. @howmany {I} [were in|went into] each {k}@q
        {b} of {a} [students|children|players] are [ill|absent|away]; the others form two equal teams. How many [are in each|play in one|are in a] team@q
        "Here are {a} {I}. I keep {b}, you two share the rest," says {N}. @howmany {I} does each of the two get@q
    """,
    "addmul": """
        @there {n} {C}. Each [holds|has|contains] {a} {I} and {b} {J}. How many things are there [@total|]@q
        [Each|Every] one of {n} {C} [holds|contains|has in it] {a} {I} and {b} {J}. @find how many things that is [@total|in all].
        {N} [makes|sells|packs|collects] {a} {I} in the morning and {b} in the evening, [every day|each day|day after day]. @howmany {I} is that in {n} days@q
        How many [things|items|pieces] are in {n} {C} with {a} {I} and {b} {J} each@q
        {n} [children|friends|guests|people] [get|take|bring|got] {a} {I} and {b} {J} each. How many things is that [@total|]@q
        {N} [read|reads] {a} pages before lunch and {b} pages after lunch on each of {n} days. How many pages is that @total@q
        [On|During] each of {n} [days|weeks|trips], {N} [finds|found|buys|bought] {a} {I} and {M} {b}. @howmany {I} do they have @total@q
        A [set|kit|pack] has {a} {I} and {b} {J}. How many [pieces|things|items] are in {n} [such sets|of them|of these]@q
        If one {k} is packed with {a} {I} plus {b} {J}, how many [items|pieces|things] are packed in {n} [such {C}|{C} like that]@q
        {n} [teams|groups|classes] have {a} girls and {b} boys each. How many children [is that|are there] [@total|]@q
        Pack {n} {C}: {a} {I} and {b} {J} in each. How many things do you [need|pack|use]@q
        {n} {C}, each with {a} old and {b} new {I}. @howmany {I} @total@q
        A {k} had {a} {I}, and {b} more were put in. {N} has {n} {C} [just |exactly |]like this one. @howmany {I} is that@q
        {M} has {a} {I} and {L} has {b}. {N} has {n} times as many as the two together. @howmany {I} does {N} have@q
        In every one of the {n} rooms [stand|there are|one finds] {a} {I} and {b} {J}. [What is the number of things|How many things is that]@q
        {n} weeks. Per week: {a} {I} from {N}, {b} from {M}. @howmany {I} @total@q
        A [robot|machine|worker] [makes|makes|packs] {a} {I} and {b} {J} [an hour|every hour|per hour]. How many things does it make in {n} hours@q
    """,
}
MACROS["had_"] = "[had|began with|started with|owned|kept]"
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
        {a} [reduced by|decreased by|lowered by|diminished by|less] {b}
        [What|Which] number is {b} [fewer|less|lower|smaller] than {a}@q
        [Start with|From] {a}, take away {b}.
        If {b} is taken [away |]from {a}, what [is left|remains]@q
        {b} [fewer|less] than {a}
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
    "twice": """
        [@whatis |]twice {a}@q
        [@whatis |]{a} doubled@q
        @whatis [double|two times|the double of|twice as much as] {a}@q
        Double {a}.
        {a} plus [the same|itself|the same again|the same number again]
        [Take {a} twice|Add {a} to itself].
        What do you get [when|if] you double {a}@q
        Two lots of {a} [make|are|give] [what|how much]?
        {a} and {a} again[ is what|, how much is that|]@q
        What number is [twice as large|twice as big|two times as large] as {a}@q
    """,
    "halfadd": """
        [@whatis |]half of {a}, plus {b}@q
        [@whatis |]{b} plus half of {a}@q
        @whatis {b} more than half of {a}@q
        [Halve|Take half of] {a}, then add {b}.
        [Add|Add up] {b} and half of {a}.
        {a} divided by [two|2], plus {b}
        @whatis the sum of {b} and half of {a}@q
        What do you get [when|if] you halve {a} and [then |]add {b}@q
        Increase half of {a} by {b}.
        {a} over 2, then {b} more[, makes what|, is what|]@q
    """,
    "addhalf": """
        @whatis half of the sum of {a} and {b}@q
        @whatis the [average|mean|arithmetic mean] of {a} and {b}@q
        Add {a} and {b}, then [halve the result|divide by two|divide by 2|take half].
        [@whatis |]({a} plus {b}) divided by [two|2]@q
        [What|Which] number is [halfway|midway|in the middle] between {a} and {b}@q
        The sum of {a} and {b}, [halved|divided by two|over 2]
        Halve the [sum|total] of {a} and {b}.
        What do you get [when|if] you add {b} to {a} and halve the [total|sum]@q
        Average {a} and {b}.
    """,
    "subhalf": """
        @whatis half of the difference [between|of] {a} and {b}@q
        [Subtract|Take|Take away] {b} from {a}, then [halve the result|divide by two|divide by 2|take half].
        [@whatis |]({a} minus {b}) divided by [two|2]@q
        The difference of {a} and {b}, [halved|divided by two|over 2]
        Halve what is left of {a} [without|after taking away] {b}.
        What do you get [when|if] you [subtract|take] {b} from {a} and halve the [rest|difference|result]@q
        @whatis half of what remains when {a} is [reduced|lowered|decreased] by {b}@q
        Reduce {a} by {b} and [halve it|divide the result by 2].
    """,
    "addmul": """
        [@whatis |]the sum of {b} and {c}, times {a}@q
        [@whatis |]({b} plus {c}) times {a}@q
        Add {b} and {c}, then multiply [the result |the sum |]by {a}.
        Multiply the [sum|total] of {b} and {c} by {a}.
        @whatis {a} times the [sum|total] of {b} and {c}@q
        @whatis the product of {a} and the sum of {b} and {c}@q
        What do you get [when|if] you add {c} to {b} and multiply the [total|sum|result] by {a}@q
        {a} times ({b} and {c} together)
        Take {b} and {c} together, {a} times over.
    """,
}
"""Sums in words without a story; here {a} {b} {c} are the numbers as they come, {n} is the count of "addmul"."""

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
