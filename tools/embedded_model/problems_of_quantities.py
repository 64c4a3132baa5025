"""The wordings of problems about quantities: blocks of texts per subject and per kind of sum.

The slots are those of `problems`, where the macros are too; {r} is something long, {W} a liquid, {U} another task.
"""

from __future__ import annotations

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
            Half of the {a} that {N} [earned|had saved|won] is gone. How much is left@q
            What does each pay [if|when] two people share {a} [equally|evenly]@q
            [Today|Sale:|This week] everything is half price. A {i} was {a} before. What is [the price|it] now@q
        """,
        "add3": """
            {N} buys a {i} for {a}, a {j} for {b} and a [bag|map|pin] for {c}. How much [is that|does {N} pay] [@total|]@q
            Three {I} cost {a}, {b} and {c}. What do they cost [@total|]@q
            {N} earns {a}, then {b}, then {c}. How much is that @total@q
            [Rent|Food] {a}, [fuel|water] {b}, [phone|clothes] {c}. @find the total.
            How much does {N} have @if [he|she|{N}] gets {a} from {M}, {b} from {L} and had {c} before@q
            On top of {a} for a {i} and {b} for a {j}, {N} paid {c} for delivery. What was the whole sum@q
        """,
        "addsub": """
            {N} has {a}, [earns|gets|finds] {b} and [spends|pays|loses] {c}. How much does {N} have [now|left]@q
            {N} had {a}. {N} @got {b} [more |]and [spent|paid|gave away] {c}. How much [is left|does {N} have now]@q
            A {i} costs {a} and a {j} {b}. With a [coupon|voucher|rebate] {N} pays {c} less. How much does {N} pay@q
            What is left [if|when] {N} has {a}, earns {b} and then pays {c} for a {j}@q
            A {i} was {a}. The price went up by {b} and then down by {c}. What is it now@q
            {N} puts {b} into an account with {a} and later takes out {c}. @find what is in the account.
        """,
        "subsub": """
            {N} has {a} and [pays|spends] {b} for a {i} and {c} for a {j}. How much [is left|does {N} have left|remains]@q
            From {a} {N} [spends|gives] {b}, then {c}. How much [is left|remains]@q
            A {i} at {a} is {b} cheaper in the sale, and a [coupon|voucher] takes off another {c}. What does {N} pay@q
            How much does {N} still owe @if {b} and {c} of a debt of {a} are paid back@q
            [Budget|Money]: {a}. [Spent|Paid] so far: {b} and {c}. How much is left@q
        """,
        "muladd": """
            {N} buys {n} {I} at {a} each and a {j} for {b}. How much [is that|does {N} pay] [@total|]@q
            {n} {I} cost {a} each, [delivery|packing|a bag|a {j}] costs {b}. What is the total@q
            {N} had {b} and earns {a} a day for {n} days. How much does {N} have now@q
            A taxi costs {a} per [mile|kilometre] and {b} to start with. What is the price of {n} [miles|kilometres]@q
            What is the price of {n} {I} at {a} each @if delivery costs another {b}@q
            {N} pays {b} now and {a} a month for {n} months. How much is that @total@q
        """,
        "mulsub": """
            {N} buys {n} {I} at {a} each with a [coupon|voucher] for {b} off. How much does {N} pay@q
            {N} earns {a} a day for {n} days and spends {b}. How much is left@q
            {N} sells {n} {I} at {a} each and pays {b} for [a stall|{I}|a {j}]. How much is left@q
            {n} {I} at {a} each, [less a discount of {b}|minus {b} off]: what is the price@q
            How much is still to pay @if {N} buys {n} {I} at {a} each and has already paid {b}@q
            {n} friends put in {a} each, and {b} was spent on a {j}. What is left of the money@q
        """,
        "twice": """
            A {i} costs {a}. A {j} costs twice as much. [What|How much] does the {j} cost@q
            {N} buys two {I} [at|for] {a} each. How much [is that|does {N} pay|does {N} spend] [@total|]@q
            {N} [saved|earned|made] {a} last [week|month] and double that this [week|month]. How much was it this time@q
            What does a pair of {I} cost [if|when] one [costs|is] {a}@q
            {N} and {M} both [pay|paid|gave|spent] {a}. How much [money |]is that @total@q
            The price of a {i} was {a} and has doubled [since|since then]. What is [it|the price] now@q
            {N} has {a}. {M} gives [him|her|{N}] the same [amount|sum] again. How much does {N} have [now|then]@q
            How much does {N} have @if [he|she|{N}] doubles [savings of|a sum of|the] {a}@q
            One way the ticket is {a}. The way back costs the same. @find the price of [both|there and back].
            [Rent|A {i}]: {a}. {N} pays double. How much is that@q
        """,
        "halfadd": """
            {N} has {a}, [spends|gives away|loses] half and then [earns|gets|finds] {b}. How much does {N} have [now|then]@q
            A {i} at {a} is half price today. A {j} costs {b}. What does {N} pay for both@q
            {N} and {M} share a bill of {a} equally. {N} also pays {b} for a {j}. How much does {N} pay [@total|]@q
            How much does {N} have now @if half of [his|her|the] {a} is [gone|spent|lost] and {b} [comes|came] in@q
            A {j} costs {b} more than half the price of a {i}. The {i} costs {a}. What does the {j} cost@q
            Half of the {a} in the [box|jar|till|purse] was [taken|stolen|paid out]; later {b} was put in. How much is in it now@q
            Half off: a {i} for {a} before. Delivery: {b}. What is the total [with delivery|to pay]@q
            {N} gets half of {a} from {M} and {b} from {L}. How much [money |]does {N} get @total@q
            After [spending|giving away] half of {a}, {N} was paid {b}. @find how much {N} had then.
        """,
        "addhalf": """
            {N} has {a} and {M} has {b}. They [put it together|pool their money] and share it equally. How much does each get@q
            A {i} costs {a} and a {j} {b}. {N} and {M} split the [bill|total|cost] [equally|evenly|in half]. How much does each pay@q
            What is the average price of a {i} at {a} and a {j} at {b}@q
            {N} [earned|made|spent] {a} on Monday and {b} on Tuesday. What was the [average|mean] per day@q
            With the sale everything is half price. Before, a {i} cost {a} and a {j} {b}. What do both cost [together|@total] now@q
            {N} has {a}, gets {b} [more|] and spends half of all [the|that] money. How much is left@q
            How much does each of two people pay @if they share a bill of {a} and another of {b} [equally|fairly|evenly]@q
            Add {N}'s {a} to {M}'s {b} and give half of it away. How much is [left|given away]@q
            A fair price lies halfway between {a} and {b}. What is it@q
        """,
        "subhalf": """
            {N} has {a}, pays {b} for a {i} and [spends|gives {M}|saves] half of the rest. How much is left [now|then|in the end]@q
            A bill of {a} is lowered by {b} with a [coupon|voucher]. {N} and {M} split the rest [equally|evenly]. How much does each pay@q
            {N} and {M} earn {a}, pay {b} for a {i} and share the rest equally. How much does each get@q
            How much does each of two [friends|people] get @if {b} out of {a} is spent and the rest is shared [equally|evenly]@q
            [From|Out of] {a}, {N} first pays {b}. Half of what remains goes to {M}. How much does {M} get@q
            There was {a} in the [box|jar|till]. {b} was taken out, and the remaining money was halved between {N} and {M}. @find the share of each.
            [Income|Takings]: {a}. [Costs|Rent]: {b}. Two partners share the rest equally. How much is one share@q
            A {i} for {a} is made {b} cheaper and then sold at half that price. What does it cost now@q
            After paying {b} of a debt of {a}, {N} pays back half of the rest. How much is still owed@q
        """,
        "addmul": """
            {N} buys {n} sets of a {i} for {a} and a {j} for {b}. How much [is that|does {N} pay] [@total|]@q
            Each of {n} [people|guests|friends] buys a {i} at {a} and a {j} at {b}. How much do they pay @total@q
            A {i} costs {a}, the {j} for it {b}. What do {n} of each cost [@total|together]@q
            {N} spends {a} on [food|lunch|tea] and {b} on [the bus|the train|a {i}] every day. How much is that in {n} days@q
            {N} earns {a} an hour plus {b} an hour [in tips|extra|for the night shift]. How much does {N} earn in {n} hours@q
            How much are {n} tickets @if each costs {a} and there is a fee of {b} per ticket@q
            The price of a {i} was {a} and went up by {b}. What do {n} {I} cost now@q
            Pay {n} workers {a} each, and a bonus of {b} each as well. How much money is [that|needed]@q
            {n} nights at {a} a night and {b} a night for breakfast: what is the total@q
            On each of {n} days {N} took in {a} and {M} {b}. @find what they took in [@total|].
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
            What does a {j} weigh that is half as heavy as a {i} of {a}@q
            Split {a} of {S} into two equal [bags|parts|heaps]. How much is in [each|one]@q
            The {k} weighed {a} when it was full. Now its weight is only half of that. What does it weigh now@q
        """,
        "add3": """
            Three {C} of {S} weigh {a}, {b} and {c}. [What|How much] do they weigh @total@q
            {N} buys {a} of {S}, {b} of [salt|rice] and {c} of [corn|butter]. What does it weigh @total@q
            {N} eats {a} of {S} on Monday, {b} on Tuesday and {c} on Wednesday. @find how much {S} that is.
            How heavy is a {k} that weighs {a} @if a {i} of {b} and a {j} of {c} are put in@q
            [Mix|Take] {a} of {S}, {b} of [salt|sand] and {c} of [water|sugar]. What is the total weight@q
        """,
        "addsub": """
            A {k} holds {a} of {S}. {b} [is|are] added and {c} [taken out|removed|used]. How much is in it now@q
            {N} has {a} of {S}, buys {b} and uses {c}. How much [is left|does {N} have now]@q
            How much {S} is left @if {c} of {N}'s {a} and {M}'s {b} [is|are] [used|sold|lost]@q
            A [dog|cow|horse] of {a} gains {b} in summer and loses {c} in winter. What does it weigh then@q
            [Stock|Before]: {a} of {S}. Delivered: {b}. Sold: {c}. How much {S} is there now@q
        """,
        "subsub": """
            From {a} of {S} {N} [sells|uses] {b} and then {c}. How much [is left|remains]@q
            How much {S} is left of {a} @if {N} takes {b} and {M} takes {c}@q
            A loaded cart weighs {a}. A {i} of {b} and a {j} of {c} are taken off. What does it weigh now@q
            {N} needs {a} of {S}. {b} came on Monday and {c} on Tuesday. How much is still missing@q
        """,
        "muladd": """
            {n} {C} of {S} weigh {a} each and a {j} weighs {b}. What do they weigh @total@q
            {N} has {n} {C} of {S} with {a} each and {b} [more|loose]. How much {S} is that@q
            An empty {k} weighs {b}. {n} {I} of {a} each are put in. What does it weigh now@q
            What is the weight of {n} {I} of {a} each together with a {j} of {b}@q
            {N} had {b} of {S} and bought {a} every day for {n} days. How much {S} is that @total@q
        """,
        "mulsub": """
            {N} buys {n} {C} of {S} with {a} each and uses {b}. How much [is left|remains]@q
            {n} {C} came with {a} of {S} each; {b} was spoiled. How much was good@q
            How much {S} is left @if {N} has {n} bags of {a} and sells {b}@q
            A pile of {n} {I} of {a} each is made {b} lighter. [What|How much] does the pile weigh now@q
        """,
        "twice": """
            A {i} @weighs {a}. A {j} is twice as heavy. [What|How much] does the {j} weigh@q
            Two {C} of {S} [hold|weigh] {a} each. [What is the total weight|How much is that] [@total|]@q
            {N} buys {a} of {S} and then the same [amount|weight] again. How much {S} is that@q
            How much {S} does {N} need for a double [batch|portion] @if one takes {a}@q
            A [puppy|calf|lamb|kitten] weighed {a} and has doubled its weight[ since|]. What does it weigh now@q
            {N} and {M} both carry {a} of {S}. How much {S} do they carry @total@q
            [Last year|Yesterday]: {a} of {S}. [This year|Today]: twice as much. How much is that@q
        """,
        "halfadd": """
            {N} has {a} of {S}, uses half of it and buys {b} [more|]. How much {S} does {N} have now@q
            Half of the {a} of {S} in a {k} is [sold|eaten|taken out], then {b} [is|are] put in. How much is in it now@q
            A {j} weighs {b} more than half of what a {i} weighs. The {i} weighs {a}. [What|How much] does the {j} weigh@q
            How much {S} is there @if {N} keeps half of {a} and gets {b} from {M}@q
            {a} of {S} is split evenly between two {C}. {N} adds {b} to one of them. How much {S} is in that one@q
            A {k} that weighs {a} when full of {S} is now half as heavy. {N} puts a {i} of {b} on it. What do they weigh [together|@total]@q
            Mix half of {a} of {S} with {b} of [water|salt|sand]. How heavy is the mixture@q
        """,
        "addhalf": """
            {N} has {a} of {S} and {M} {b}. They put it together and share it equally. How much does each get@q
            What is the [average|mean] weight of a {i} of {a} and a {j} of {b}@q
            {a} of {S} and another {b} [is|are] packed into two equal {C}. How much {S} is in each@q
            {N} mixes {a} of {S} with {b} of [sand|salt|water] and uses half of the mixture. How much of it is left@q
            How much {S} is left @if {N} has {a}, buys {b} and then sells half of all of it@q
            A {k} of {a} and one of {b} are to be made equally heavy by moving some {S}. [What|How much] does each weigh then@q
            [Monday|First]: {a} of {S}. [Tuesday|Second]: {b}. Half of all of it was eaten. How much was that@q
        """,
        "subhalf": """
            {N} has {a} of {S}, uses {b} and shares the rest equally with {M}. How much {S} does each get@q
            [From|Out of] {a} of {S}, {b} [is|are] [lost|sold|spoiled]. Half of the rest is [packed|eaten|used]. How much is [that|left]@q
            A full {k} weighs {a}, the empty {k} {b}. Half of the {S} is taken out. How much {S} is still in it@q
            How much {S} is in each of two equal {C} @if they are filled from {a} after {b} was [taken|sold]@q
            Take {b} away from {a} of {S} and halve the rest. How much is that@q
            Two equal {I} in a {k} weigh {a} together with the {k}. The {k} alone weighs {b}. [What|How much] does one {i} weigh@q
            After {b} of {N}'s {a} of {S} was used, {N} and {M} each took half of what was left. How much did each take@q
        """,
        "addmul": """
            Each of {n} {C} holds {a} of {S} and {b} of [salt|sugar|sand]. [What|How much] do they hold @total@q
            A {i} weighs {a} and its [box|bag|lid] {b}. What do {n} of them weigh [with the [boxes|bags]|@total]@q
            {N} [eats|uses|sells|loads] {a} of {S} in the morning and {b} at night, for {n} days. How much {S} is that@q
            How much {S} do {n} cakes need @if each takes {a} for the dough and {b} for the top@q
            One set is a {i} of {a} and a {j} of {b}. How heavy are {n} sets@q
            Load {n} carts, each with {a} of {S} from {N} and {b} from {M}. How much {S} is that @total@q
            A {k} of {a} of {S} is made {b} heavier. What do {n} {C} like that weigh@q
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
        "twice": """
            A {r} is {a} long. Another is twice as long. How long is the [other|second|longer] one@q
            {N} [walks|runs|drives|cycles] {a} to the {P} and the same way back. How far is that [@total|]@q
            Two {r}s of {a} each are [joined|tied together|laid end to end]. How long is [that|the whole]@q
            How far does {N} go @if {M} goes {a} and {N} twice as far@q
            A [tree|plant|tower] was {a} high and has doubled its height. How high is it now@q
            Double a {r} of {a}. How long is it then@q
            {N} and {M} both swam {a}. How far is that @total@q
        """,
        "halfadd": """
            A {r} of {a} is cut in half, and {b} [is|are] [tied|joined|added] to one half. How long is that piece now@q
            {N} walks half of a way of {a} and then {b} more. How far did {N} walk@q
            How long is a {r} that is {b} longer than half of {a}@q
            Half of {N}'s {a} of {r} is used, and then {b} [is|are] bought. How much {r} is there now@q
            A [candle|plant|hedge] of {a} was cut to half its height, then {b} [was|were] added on top. How high is it now@q
            Halve a {r} of {a}. Add {b} to one part. What is its length@q
        """,
        "addhalf": """
            A {r} of {a} and one of {b} are joined and cut into two equal parts. How long is each part@q
            {N} [ran|walked|swam|drove] {a} on Monday and {b} on Tuesday. What is the average per day@q
            What is the [average|mean] length of two {r}s of {a} and {b}@q
            The way to the {P} is {a}, from there to the {P2} {b}. {N} stops exactly halfway along the whole way. How far did {N} get@q
            How much {r} is left @if {N} has {a}, buys {b} and uses half of all of it@q
            Share {a} and {b} of {r} equally between two people. How much does each get@q
            {N} is {a} tall and {M} {b}. {L}'s height is exactly halfway between. How tall is {L}@q
        """,
        "subhalf": """
            [From|Off] a {r} of {a}, {N} cuts {b} and halves the rest. How long is each half@q
            {N} must [walk|drive|run] {a} and has done {b}. [He|She|{N}] stops halfway through the rest. How far did {N} go after the first {b}@q
            How long is each piece @if a {r} of {a} loses {b} and is then cut into two equal parts@q
            A {r} of {a} got {b} shorter. {N} used half of what was left. How much did {N} use@q
            Of {a} of {r}, {b} [was|were] [broken|sold|used], and {N} and {M} shared the rest equally. How much did each get@q
            Two equal {r}s and a stick of {b} are {a} long, end to end. How long is one {r}@q
        """,
        "addmul": """
            {N} [walks|runs|cycles] {a} in the morning and {b} in the evening. How far is that in {n} days@q
            Each of {n} laps has {a} uphill and {b} downhill. How [long|far] are all the laps @total@q
            A part is made of a {r} of {a} and one of {b}. How long are {n} such parts end to end@q
            How much {r} is needed for {n} doors @if each takes {a} at the top and {b} at the side@q
            A {r} of {a} is made {b} longer. How long are {n} like that together@q
            {n} times {N} drove {a} to the {P} and {b} back by another way. How far did {N} drive @total@q
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
        "twice": """
            A {T} @lasts {a}, the {U} twice as long. How long is the {U}@q
            {N} [worked|trained|waited|read] {a} on Monday and the same again on Tuesday. How long is that [@total|]@q
            Two {T}s of {a} each follow one another. How much time is that @total@q
            How long does {N} need @if {M} needs {a} and {N} takes twice as long@q
            Because of the {U}, the {T} takes double the usual {a}. How long does it take@q
            Do a {T} of {a} twice. How much time does it take@q
            The way there takes {a}, the way back too. How long [is|are] both together@q
        """,
        "halfadd": """
            {N} has {a}, [uses|loses|wastes] half of it and then gets {b} more. How much time does {N} have now@q
            A {T} lasts {b} longer than half of the {U}. The {U} takes {a}. How long is the {T}@q
            How long is it @if a {T} of {a} is cut to half and then made {b} longer@q
            {N} does half of a {T} of {a}, then a {U} of {b}. How long is that @total@q
            Half of the {a} for the {T} is over. The end is put off by {b}. How long is left now@q
            A {U} takes {b}. Before it {N} does a {T} in half of the planned {a}. How much time do both take@q
        """,
        "addhalf": """
            A {T} took {a} and the {U} {b}. What is the [average|mean] time@q
            A {T} of {a} and a {U} of {b} are shared equally by {N} and {M}. How long does each work@q
            {N} plans {a} for a {T} and {b} for a {U}, but is done in half of the total time. How long did it take@q
            How long is one half of a show @if its parts of {a} and {b} are put together and split in the middle@q
            {N} [trained|slept|read] {a} on one day and {b} on the next. How much was that per day, on average@q
            A {T} and then a {U} last {a} and {b}. Half of all this time is over. How long is still left@q
        """,
        "subhalf": """
            {N} has {a}. After a {T} of {b}, half of the rest is for the {U}. How long is the {U}@q
            A show of {a} has a break of {b} and two equal parts. How long is each part@q
            How long is each of two equal {T}s @if they take {a} with a break of {b} between them@q
            Of the {a} for a {T}, {b} [has|have] gone by. {N} rests for half of the remaining time. How long does {N} rest@q
            A {T} of {a} is made {b} shorter, then {N} and {M} do half of it each. How long does each work@q
            From {a}, take off {b} for the {U}; {N} and {M} share the rest of the time equally. How much time does each get@q
        """,
        "addmul": """
            {N} [works|trains|reads|plays] {a} in the morning and {b} in the evening. How long is that in {n} days@q
            Each of {n} {T}s takes {a}, and the break after it {b}. How long is that @total@q
            A {T} of {a} and a {U} of {b} are done {n} times. How much time is that@q
            How much time does {N} need for {n} {I} @if each takes {a} to make and {b} to paint@q
            A {T} used to take {a}; now it takes {b} longer. How long do {n} such {T}s take now@q
            {n} times a week: {a} of {T}, {b} of {U}. How much time is that in a week@q
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
        "twice": """
            A {k} holds {a} of {W}, a bigger one twice as much. How much does the bigger one hold@q
            {N} pours {a} of {W} into a {k} and then the same amount again. How much {W} is in it@q
            Two {C} hold {a} of {W} each. How much {W} is that @total@q
            How much {W} does {N} drink @if {M} drinks {a} and {N} double that@q
            A {k} of {a} of {W} is replaced by one of double the size. How much does the new one hold@q
            {N} and {M} both need {a} of {W}. How much {W} do they need @total@q
        """,
        "halfadd": """
            Half of the {a} of {W} in a {k} is [drunk|poured out|used], then {b} [is|are] poured in. How much is in it now@q
            A {k} for {a} is half full of {W}. {N} adds {b}. How much {W} is in it then@q
            How much {W} does {N} have @if [he|she|{N}] keeps half of {a} and buys {b}@q
            {a} of {W} is split evenly between two {C}, and {b} more goes into the first. How much is in the first@q
            {N} spilled half of {a} of {W} and got {b} from {M}. How much {W} was that then@q
            Mix half of {a} of {W} with {b} of water. How much liquid is that@q
        """,
        "addhalf": """
            {N} mixes {a} of {W} with {b} of [water|milk] and drinks half of it. How much is left@q
            One {k} has {a} of {W}, another {b}. {N} pours from one to the other until both have the same. How much is in each@q
            What is the [average|mean] of {a} and {b} of {W}@q
            {a} of {W} and {b} of water are poured together and shared equally by two people. How much does each get@q
            How much {W} is used @if half of {N}'s {a} and {M}'s {b} together is used@q
            Pour {a} and {b} of {W} into a tank, then let half run out. How much stays in@q
        """,
        "subhalf": """
            A {k} holds {a} of {W}. {b} [is|are] spilled, and two people share the rest equally. How much does each get@q
            {N} drinks {b} out of {a} of {W} and gives {M} half of the rest. How much does {M} get@q
            How much {W} is left @if {b} and then half of the rest are taken from {a}@q
            [From|Out of] {a} of {W}, {N} uses {b}. The rest fills two equal {C}. How much is in each@q
            A tank for {a} holds {b} of {W}. {N} fills half of the free space. How much {W} does {N} put in@q
            After {b} of the {a} of {W} had leaked, half of what remained was sold. How much was sold@q
        """,
        "addmul": """
            Each of {n} {C} has {a} of {W} and {b} of water in it. How much liquid is that @total@q
            {N} drinks {a} of {W} in the morning and {b} at night. How much {W} is that in {n} days@q
            How much {W} is in {n} {C} @if {a} and then another {b} [is|are] poured into each@q
            A mix takes {a} of {W} and {b} of milk. How much liquid is in {n} such mixes@q
            {n} guests get {a} of {W} and {b} of tea each. How much [drink|liquid] is that @total@q
            In each of {n} hours {a} of {W} flows in from one pipe and {b} from another. How much flows in @total@q
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
            [The score|The level|A number|The value] was {a} and is now half of that. What is it@q
            Divide {a} by two. What do you get@q
            Twice a number is {a}. What is the number@q
        """,
        "add3": """
            {N} adds up {a}, {b} and {c}. What [is the sum|comes out|does {N} get]@q
            [Start|Begin] with {a}, add {b}, then add {c}. What do you get@q
            {N} got {a}, {b} and {c} points in three games. How many points is that @total@q
            [The level|The score|A value] of {a} rises by {b} and then by another {c}. What is it now@q
        """,
        "addsub": """
            [Start|Begin] with {a}, add {b}, [then take away|then subtract|and take off] {c}. What [is left|do you get|is the result]@q
            {N} thinks of {a}, adds {b} and takes away {c}. What comes out@q
            The temperature was {a} degrees, rose by {b} and then fell by {c}. What is it now@q
            What number is {c} less than {a} and {b} together@q
        """,
        "subsub": """
            [Start|Begin] with {a}, take away {b}, then {c}. What [is left|do you get|remains]@q
            {N} had {a} points, lost {b} and then another {c}. How many points are left@q
            The temperature was {a} degrees, fell by {b} and later by {c}. What is it now@q
            If {b} and {c} are both taken from {a}, what remains@q
        """,
        "muladd": """
            Multiply {a} by {n}, then add {b}. What do you get@q
            {N} thinks of {a}, multiplies it by {n} and adds {b}. What is the result@q
            What number is {b} more than {n} times {a}@q
            {N} had {b} points and gets {a} in each of {n} games. How many points is that now@q
        """,
        "mulsub": """
            Multiply {a} by {n}, then [subtract|take away] {b}. What do you get@q
            {N} thinks of {a}, multiplies it by {n} and takes away {b}. What comes out@q
            What number is {b} less than {n} times {a}@q
            {N} scores {a} points in each of {n} games and loses {b} points. How many points are left@q
        """,
        "twice": """
            {N} thinks of {a} and doubles it. [What is the result|What comes out|What number is it now]@q
            What number is twice as [large|big|much] as {a}@q
            [The score|The level|A number|The value] was {a} and has doubled. What is it now@q
            {N} got {a} points and {M} twice as many. How many points did {M} get@q
            Add {a} to itself. What do you [get|have]@q
            How much is it @if a value of {a} is taken two times@q
            A square field was {a} wide. Now it is double that. How wide is it@q
        """,
        "halfadd": """
            {N} thinks of {a}, halves it and adds {b}. [What is the result|What comes out|What number is it now]@q
            What number is {b} [more|greater|larger] than half of {a}@q
            [The score|The level|A number|The value] of {a} drops to half and then [rises|goes up|grows] by {b}. What is it now@q
            [Start|Begin] with {a}, divide by two, then add {b}. What do you get@q
            {N} lost half of {a} points and then won {b}. How many points does {N} have@q
            If you add {b} to one half of {a}, what [do you get|comes out|is the result]@q
        """,
        "addhalf": """
            {N} adds {a} and {b} and halves the sum. [What is the result|What comes out]@q
            What is the [average|mean] of {a} and {b}@q
            [What|Which] number is halfway between {a} and {b}@q
            It was {a} degrees in the morning and {b} in the evening. What was the [average|mean] temperature of the two@q
            [Start|Begin] with {a}, add {b}, then [take half|divide by two|halve it]. What do you get@q
            {N} got {a} points in one game and {b} in the other. How many points is that per game, on average@q
            If half of {a} and half of {b} are put together, what is the result@q
        """,
        "subhalf": """
            {N} thinks of {a}, takes away {b} and halves the rest. [What is the result|What comes out|What number is it now]@q
            [Start|Begin] with {a}, subtract {b}, then [take half|divide by two|halve it]. What is left@q
            What is half of the difference between {a} and {b}@q
            [The score|The level|A number|The value] of {a} falls by {b} and is then halved. What is it now@q
            If you take {b} from {a} and keep only half of what remains, what [do you have|is it]@q
            Twice a number, plus {b}, is {a}. What is the number@q
        """,
        "addmul": """
            {N} adds {a} and {b} and multiplies the sum by {n}. [What is the result|What comes out]@q
            [Start|Begin] with {a}, add {b}, then multiply [it all |the result |]by {n}. What do you get@q
            What is {n} times the sum of {a} and {b}@q
            {N} scores {a} points and {M} {b} in each of {n} games. How many points is that @total@q
            A machine did {a} an hour and now does {b} more an hour. How much does it do in {n} hours now@q
            A rectangle is {n} wide. Its length is {a} and gets {b} longer. What is its area [now|then]@q
            If {a} and {b} are put together and this is taken {n} times, what is the result@q
        """,
    },
}
