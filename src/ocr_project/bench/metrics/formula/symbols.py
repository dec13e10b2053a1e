r"""What the commands of LaTeX's mathematics take and leave: the tables behind `tree`.

Sources: the LaTeX companion's lists of commands (amsmath 2.17, amssymb), KaTeX's table of supported
functions for what recognizers write, and `unicode-math`'s table for characters.
"""

from __future__ import annotations


def words(listed: str) -> list[str]:
    """Part a list that is written as one text."""
    return listed.split()


ACCENTS = frozenset(
    words(
        "\\hat \\widehat \\tilde \\widetilde \\bar \\overline \\underline \\vec \\dot \\ddot \\dddot \\ddddot \\check "
        "\\breve \\acute \\grave \\mathring \\overrightarrow \\overleftarrow \\overleftrightarrow \\underrightarrow "
        "\\underleftarrow \\overbrace \\underbrace"
    )
)
"""Drawn over or under what they take."""

FONTS = frozenset(
    words(
        "\\mathrm \\mathbf \\mathit \\mathsf \\mathtt \\mathcal \\mathbb \\mathfrak \\mathscr \\mathnormal "
        "\\boldsymbol \\bm \\pmb \\text \\textrm \\textbf \\textit \\textsf \\texttt \\textup \\textmd "
        "\\textnormal \\textsc \\mbox \\hbox \\emph \\operatorname \\operatorname* \\mathop \\mathbin \\mathrel "
        "\\mathord \\mathopen \\mathclose \\mathpunct \\mathinner \\smash"
    )
)
"""Leave no ink of their own, and change how what they take looks or stands."""

DRAWN = ACCENTS | frozenset(
    words("\\frac \\dfrac \\tfrac \\cfrac \\binom \\dbinom \\tbinom \\sqrt \\xrightarrow \\xleftarrow \\boxed \\fbox")
)
"""Commands with arguments that draw something themselves."""

ARGUMENTS = {
    **dict.fromkeys(ACCENTS | FONTS, 1),
    **dict.fromkeys(
        words("\\frac \\dfrac \\tfrac \\cfrac \\binom \\dbinom \\tbinom \\overset \\underset \\stackrel \\atopfrac"), 2
    ),
    **dict.fromkeys(
        words(
            "\\sqrt \\xrightarrow \\xleftarrow \\boxed \\fbox \\phantom \\hphantom \\vphantom \\substack \\pmod "
            "\\ensuremath"
        ),
        1,
    ),
}
"""How many arguments a command takes."""

WITH_OPTION = frozenset(words("\\sqrt \\xrightarrow \\xleftarrow \\smash \\cfrac"))
"""Commands that may take an argument in square brackets first."""

INFIX = {"\\over": "\\frac", "\\choose": "\\binom", "\\atop": "\\atopfrac"}
PLAIN_MATRICES = {"\\pmatrix": "pmatrix", "\\matrix": "matrix", "\\cases": "cases", "\\bordermatrix": "pmatrix"}

ENVIRONMENTS = {
    **dict.fromkeys(
        words("align alignat alignedat flalign split eqnarray equation multline displaymath math"), "aligned"
    ),
    "gather": "gathered",
    "smallmatrix": "matrix",
    "dcases": "cases",
    "subarray": "matrix",
}
"""Environments that stand for the same arrangement within a formula; all others keep their names."""

PREAMBLED = frozenset(words("array subarray alignat alignedat tabular"))

BREAKS = frozenset({"\\\\", "\\\\*", "\\cr", "\\newline", "\\tabularnewline"})

BREAK_UNITS = frozenset(words("pt mm cm in ex em mu sp pc bp dd cc"))

DROPPED = {
    **dict.fromkeys(
        words("\\nonumber \\notag \\limits \\nolimits \\displaylimits \\lefteqn \\protect \\allowbreak"), 0
    ),
    **dict.fromkeys(
        words("\\nobreak \\relax \\noindent \\centering \\raggedright \\bigskip \\medskip \\smallskip"), 0
    ),
    **dict.fromkeys(words("\\label \\tag \\tag* \\color \\textcolor \\colorbox \\cellcolor \\index \\ref \\eqref"), 1),
}
"""No ink of the formula, and how many groups after them go with them."""

MEASURES = frozenset(words("\\hspace \\hspace* \\vspace \\vspace* \\hskip \\vskip \\kern \\mkern \\mskip"))

DELIMITER_SIZES = frozenset(
    ["\\left", "\\right", "\\middle"]
    + [f"\\{size}{side}" for size in ("big", "Big", "bigg", "Bigg") for side in ("", "l", "r", "m")]
)

SPACES = frozenset(words("\\, \\: \\; \\! \\> ~ \\quad \\qquad \\enspace \\enskip \\thinspace \\negthinspace \\/")) | {
    "\\ ",
    "\\thickspace",
    "\\medspace",
}
OLD_FONTS = {
    "\\rm": "\\mathrm",
    "\\bf": "\\mathbf",
    "\\it": "\\mathit",
    "\\sf": "\\mathsf",
    "\\tt": "\\mathtt",
    "\\cal": "\\mathcal",
    "\\sc": "\\mathrm",
    "\\sl": "\\mathit",
    "\\em": "\\mathit",
    "\\boldmath": "\\mathbf",
}
STYLES = frozenset(
    words(
        "\\displaystyle \\textstyle \\scriptstyle \\scriptscriptstyle \\hline \\tiny \\scriptsize \\footnotesize "
        "\\small \\normalsize \\large \\Large \\LARGE \\huge \\Huge \\unboldmath \\mit"
    )
)
BLANK_COMMANDS = SPACES | STYLES | frozenset(OLD_FONTS)
"""Single tokens without ink."""

DOTS = frozenset(
    words("\\ldots \\cdots \\dots \\dotsc \\dotsb \\dotsm \\dotsi \\dotso \\hdots \\mathellipsis \\textellipsis")
)
"""Three dots in a row, on the line or above it."""

NAMES = frozenset(
    words("ln lg log exp sin cos tan cot sec csc sinh cosh tanh coth arcsin arccos arctan min max ker hom deg arg dim")
)
"""Functions that the reference implementation of CDM matches letter by letter."""

_CHARACTERS = {
    "αβγδεζηθικλμνξπρστυφχψω": (
        "alpha beta gamma delta varepsilon zeta eta theta iota kappa lambda mu nu xi pi rho sigma tau upsilon varphi "
        "chi psi omega"
    ),
    "ΓΔΘΛΞΠΣΥΦΨΩ": "Gamma Delta Theta Lambda Xi Pi Sigma Upsilon Phi Psi Omega",
    "ϵϑϕϖϱς∂∇∞ℏℓℜℑℵ∅": (
        "epsilon vartheta phi varpi varrho varsigma partial nabla infty hbar ell Re Im aleph emptyset"
    ),
    "×÷±∓·∘∗⊕⊗⊙∩∪∧∨∖": "times div pm mp cdot circ ast oplus otimes odot cap cup wedge vee setminus",
    "≤≥≠≈≡∼≃≅∝≪≫∈∉∋⊂⊃⊆⊇⊥∥∣": (
        "leq geq neq approx equiv sim simeq cong propto ll gg in notin ni subset supset subseteq supseteq perp "
        "parallel mid"
    ),
    "←→↔⇐⇒⇔↑↓↦⟶⟹": (
        "leftarrow rightarrow leftrightarrow Leftarrow Rightarrow Leftrightarrow uparrow downarrow mapsto "
        "longrightarrow Longrightarrow"
    ),
    "∀∃¬∴∵∠△□": "forall exists neg therefore because angle triangle square",
    "∑∏∫∬∭∮⨁⋃⋂": "sum prod int iint iiint oint bigoplus bigcup bigcap",
    "⟨⟩⌈⌉⌊⌋‖†‡": "langle rangle lceil rceil lfloor rfloor Vert dagger ddagger",
    "…⋯⋮⋱": "ldots cdots vdots ddots",
}
_PLAIN = {"−": "-", "–": "-", "—": "-", "∶": ":", "′": "'", "’": "'", "⁄": "/", "∕": "/", "µ": "\\mu"}

UNICODE: dict[str, tuple[str, ...]] = {
    **{
        character: ("\\" + name,)
        for characters, names in _CHARACTERS.items()
        for character, name in zip(characters, names.split(), strict=True)
    },
    **{character: (written,) for character, written in _PLAIN.items()},
    "″": ("'", "'"),
    **{chr(0xFF01 + place): (chr(0x21 + place),) for place in range(0x5E)},
    **{chr(0xFEE0 + ord(sign)): ("\\" + sign,) for sign in "#$%&_{}"},
    "＼": ("\\backslash",),
    "＾": ("\\wedge",),
    "～": ("\\sim",),
}
"""Characters that recognizers write for commands; full-width ASCII as well."""

FUNCTIONS = frozenset("\\" + name for name in (*NAMES, *words("lim sup inf det gcd Pr liminf limsup")))
"""Functions with a command of their own."""
