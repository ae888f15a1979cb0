"""Words of opposite sense. In embeddings they lie close to each other; here they keep a claim from being borne out."""

from __future__ import annotations

_PAIRS = """
increase increases increased increasing rise rises rose rising grew growing growth / decrease decreases decreased
    decreasing fall falls fell falling declined declining decline shrank
before / after
first earliest / last latest final
more / less fewer
most / least fewest
highest higher high / lowest lower low
largest larger biggest bigger large big / smallest smaller small little
longest longer long / shortest shorter short
oldest older old / youngest younger newest newer new young
strongest stronger strong / weakest weaker weak
richest richer rich wealthy / poorest poorer poor
best better good / worst worse bad
easiest easier easy / hardest harder hard difficult
early / late
above / below
maximum / minimum
always often frequently commonly / never rarely seldom
all every / none
everything / nothing
full fully complete completely entire entirely / partial partially partly incomplete
whole entire / part portion
many / few
same identical similar / different distinct
north northern northward / south southern southward east eastern eastward west western westward
south southern southward / east eastern eastward west western westward
east eastern eastward / west western westward
northeast northeastern / southwest southwestern northwest northwestern southeast southeastern
won wins win winning victory victorious / lost loses lose losing defeat defeated
accept accepts accepted accepting approve approved approves / reject rejects rejected rejecting refused
allow allows allowed allowing permit permits permitted / forbid forbids forbade forbidden prohibit prohibits prohibited
    banned prevented
agree agreed agrees / disagree disagreed disagrees
begin begins began beginning start starts started starting / end ends ended ending stop stops stopped finished
open opened opens / close closed closes shut
buy buys bought / sell sells sold
include includes included including / exclude excludes excluded excluding
support supports supported supporting favored favoured / oppose opposes opposed opposing overthrow overthrew resist
    resisted
cause causes caused / prevent prevents prevented
create creates created build built / destroy destroys destroyed demolish demolished
enter entered enters join joined joins / leave left leaves quit exit exited
arrive arrived arrives / depart departed departs
gain gains gained gaining acquire acquired acquires acquisition / lose lost loses losing loss
add adds added / remove removes removed
raise raised raises / lower lowered lowers cut
activate activates activated activating / inhibit inhibits inhibited suppress suppresses suppressed deactivate
attack attacked attacks / defend defended defends
love loved loves like liked / hate hated hates dislike disliked
success successful successfully succeeded succeed / failure unsuccessful unsuccessfully failed fail
positive / negative
advantage advantages benefit benefits / disadvantage disadvantages drawback drawbacks
major majority / minor minority
upper / lower
left / right
inside within internal internally / outside external externally
import imports imported / export exports exported
domestic / foreign
public / private
rural / urban
hot warm / cold cool
dry / wet
safe / dangerous unsafe
legal / illegal
ancient / modern
male men man / female women woman
father son husband brother king / mother daughter wife sister queen
parent parents / child children
teacher teachers / student students pupil pupils
friend friends ally allies / enemy enemies
winner winners / loser losers
ancestor ancestors / descendant descendants
predecessor / successor
employer employers / employee employees
lender / borrower
landlord / tenant
uphill upstream / downhill downstream
"""


def _read(pairs: str) -> tuple[tuple[frozenset[str], frozenset[str]], ...]:
    lines = pairs.replace("\n    ", " ").strip().splitlines()
    sides = [line.split(" / ") for line in lines]
    return tuple((frozenset(left.split()), frozenset(right.split())) for left, right in sides)


OPPOSITES = _read(_PAIRS)
_UN = ("un", "in", "im", "il", "ir", "dis", "non")


def opposed(word: str, other: str) -> bool:
    """Whether two lower-case words are of opposite sense."""
    listed = any((word in a and other in b) or (word in b and other in a) for a, b in OPPOSITES)
    return listed or (min(len(word), len(other)) >= 4 and prefixed(word, other))


def prefixed(word: str, other: str) -> bool:
    """Whether one is the other with 'un-', 'in-', 'dis-' …"""
    return any(word == un + other or other == un + word for un in _UN)
