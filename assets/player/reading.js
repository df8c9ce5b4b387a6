/* How to read each figure: axes, marks and what they cannot say, in a few plain sentences. */
(function (dw) {
  "use strict";

  dw.reading = {
    text: "The text as it stands at the cursor. Grey letters are the prompt; a colour says where a token came from; italic tokens are guesses that are not written yet; a low bar is an open position. Click a token to see why it is there.",
    tree: "One round of drafting. The text so far stands on the left, each step to the right is one position further. A box is one candidate: the upper bar is the draft's probability of it, the lower one the target's. Beside an edge stands its test: its place in the order of tests among siblings, what was drawn, and the bound; below a rejection ‘left’ is the residual mass, what it leaves of the target. A cross marks the test that failed. The ribbon is what became text.",
    map: "Left to right: positions of the answer. Top to bottom: rounds. A small square is a guess, a full one a written token; dark is sure, pale is unsure. A coloured top edge: written in this very round. Hatching: taken back. The ribbon on top: early positions are pale, late ones dark; the red mark is the end of the text, and the rank correlation is of the text up to it.",
    trials: "Guesses that were tried out before they counted. A ladder: each row is the canvas with one more drafted token, and the row below says what the plain sampler makes of it. Two lanes: above, what was written; below, what a second look at the same place believes. Several guesses for one cell stand side by side.",
    rounds: "One column per round. Upwards: tokens that the round wrote. Downwards: drafts that were thrown away, by the reason. A column without drafts wrote only what the model itself chose.",
    acceptance: "Left to right: place in the draft; 1 is the first drafted token. Upwards: the share that became text, once of all drafts and once (striped) of those drafts of which everything before was accepted. Where drafts have siblings, the grid shows the same by depth and by rank among the siblings. It speaks of this request only.",
    lengths: "Left to right: how many drafted tokens of one verifying pass became text; the scale below leaves the target's own token out, the one above counts it. Upwards: how many drafts ended so. It speaks of this request only.",
    overlap: "One row per token: how likely the target (p) and the draft (q) found it. What both share is what speculative sampling accepts; what only the target has is what a residual is drawn from: its sum is the residual mass, 1 less the shared area. Where several drafts stand at one place, each further one meets what its rejected elders left: the ledger above has a bar for each, and a click draws that one.",
    mask: "Who may see whom in the verifying pass. A row is one drafted token, a column one that it may attend to: only its own path is visible to it.",
    copies: "The text as a row of tokens. The arc goes from where a match was found to where its continuation was put as a draft.",
    timeline: "Passes one after the other, a row per model. Passes that stand above each other could run at the same time. Ticks count passes; measured time is of the machine that recorded the run; modelled time follows the costs below.",
    bits: "Four rows on one clock of rounds: how much was settled (bits: the sum of -log2 of the probabilities of the tokens written), and what it cost: passes one after the other, passes counted one by one, and positions pushed through the network.",
    conflict: "Two positions that took the same token in one round. Side by side: what the model believed of each alone. Beside it: what their joint would be if neither knew of the other, which is what writing both at once assumes; and the joint itself, where the run asked for it. Tokens that a second look confirmed one after another are not among the pairs.",
    confidence: "On a canvas, round by round: the line is the mean probability of the guesses for open positions, the band their middle half, the dotted line the lowest, the dashed one the bound of the rule where it has one; bars count what was written. Otherwise, token by token: a bar is the surprise of the chosen token, -ln of its probability; the line is how open the choice was before it (entropy).",
    cost: "What every network was asked to do: passes, rows pushed through it, and rows times layers. Time, where it is shown, was measured on the machine that recorded the run.",
    measures: "Any quantity that the method recorded, round by round: its spread over the positions or candidates, and the bound that a rule compared it with.",
    race: "Left to right: the clock that is chosen below. Upwards: tokens in the answer. A steeper line writes more tokens for the same count. A falling line took tokens back.",
  };
  /* Entries of legends, by what they say. */
  dw.words = {
    "accepted drafts": "Drafted tokens that passed their test and became text.",
    "target's own token": "Written without a draft: what the model itself put after, or instead of, the draft.",
    "rejected": "Drafted tokens that failed their test.",
    "never examined": "Drafted tokens that no test reached, because one before them failed or a sibling was taken.",
    "pruned before verification": "Drafted tokens that were dropped before the target saw them: they cost draft passes only.",
    "guessed": "The model has a guess for this position, and it is not written yet.",
    "committed in this round": "Written in the round of this row.",
    "committed before": "Written in an earlier round, and still there.",
    "taken back": "Was written, and became blank again in the round of this row.",
    "unsure to sure": "The probability of the guess, or of the token when it was written: pale is low, dark (in dark mode bright) is high.",
    "its row read from the cache": "The network did not compute this position anew; it read what an earlier pass had stored.",
    "its row read from the cache, stale": "Read from the cache although the token at this very position has changed since it was stored.",
    "not seen by the network": "Left out of the pass altogether: neither computed nor read from a cache.",
    "anchor": "A position so sure that its neighbours may be written with a lower bar.",
    "near an anchor": "Close enough to an anchor: the lower bar is enough here.",
    "passed the check": "Drafted, looked at again, and kept.",
    "refused by the check": "Drafted, looked at again, and not written.",
    "pivot": "The position whose guess is tried out before the others are decided.",
    "everything written early": "The method found the answer decided and wrote all that was open at once.",
    "the node itself": "Every token sees itself.",
    "a node above it: seen": "A token on the path from the text to this one: it is part of what this one continues.",
    "shared: min(target, draft), accepted": "What both models agree on. The sum over all tokens is the chance that a drafted token is accepted.",
    "over-proposed: the draft has more": "The draft proposes it more often than the target would: this part is rejected.",
    "residual: the target has more": "The target wants it more often than the draft proposes it: after a rejection the token is drawn from here.",
    "match: the same tokens twice": "The last tokens of the text, found again earlier in it.",
    "read here": "What followed the match then.",
    "drafted here": "The same tokens, put at the end of the text as a draft.",
  };
})((window.dw = window.dw || {}));
