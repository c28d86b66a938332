"""How completions say what their answer is, take it back, or deny it; one table for each language.

To add a language, add its words here; `finder` uses nothing else.
"""

#: Nouns that name the answer itself. A final answer counts more than a result.
ANSWER = (
    "answer", "ans", "answers", "solution", "solutions", "result", "results", "conclusion", "答案", "答",
    "结果", "解", "最终答案",
    "réponse", "réponse finale", "résultat", "respuesta", "respuesta final", "resultado", "solución",
    "antwort", "ergebnis", "lösung", "ответ", "результат", "risposta", "risultato", "soluzione", "resposta",
    "答え", "정답", "답",
)  # fmt: skip
#: What may stand before them.
BEFORE = (
    "the", "my", "our", "your", "so", "final", "correct", "right", "numerical", "exact", "best", "required",
    "desired", "therefore", "thus", "hence", "最终", "正确", "因此", "所以", "故", "la", "le", "die", "el",
    "il",
)  # fmt: skip
#: What stands between the noun and the answer.
SAYS = (
    "is equal to", "is given by", "is simply", "is just", "is therefore", "is thus", "is indeed",
    "is exactly", "is then", "is now", "is definitely", "is option", "is choice", "turns out to be",
    "comes out to be", "comes to", "will be", "must be", "should be", "would be", "is", "are", "was",
    "equals", "等于", "应该是", "应为", "就是", "是", "为", "est", "es", "ist", "è", "é", "равен", "это",
    "は", "은", "는",
    "lautet", "beträgt", "vaut", "равна", "равно",
)  # fmt: skip
#: Words that begin a sentence which draws the conclusion.
SO = (
    "therefore", "thus", "hence", "so", "consequently", "in conclusion", "finally", "in total", "altogether",
    "then", "overall", "we get", "we have", "this gives", "it follows that", "accordingly", "因此", "所以",
    "故", "综上", "于是", "donc", "also", "daher", "por lo tanto", "por tanto", "così", "итак",
    "следовательно", "したがって", "따라서",
)  # fmt: skip
#: What stands before the answer in a sentence that is nothing but it: "It is 57.", "No, it's 58."
IT_IS = (
    "it is", "it's", "it’s", "it must be", "it should be", "c'est", "c’est", "es ist", "das ist", "es", "это",
    "それは", "它是", "这是", "它等于",
)  # fmt: skip
#: Behind "is": the sentence denies what follows.
NOT = (
    "not", "n't", "never", "no longer", "neither", "cannot be", "can't be", "不是", "不等于", "不为", "并非",
    "isn't", "isn’t", "wasn't", "wasn’t", "is not", "nicht", "ist nicht", "kein", "keine", "pas", "ne",
    "n'est pas", "n’est pas", "no es", "не",
)  # fmt: skip
#: Behind "is not 58": what is said instead.
INSTEAD = (
    "but rather", "but it is", "but it's", "but", "rather", "instead", "it is", "it's", "it’s", "mais",
    "c'est", "c’est", "sondern", "es ist", "sino", "а", "это", "而是",
)  # fmt: skip
#: Behind an answer: the other one that it is not, as in "57, not 58".
AND_NOT = (
    "not", "and not", "rather than", "instead of", "et non", "et pas", "pas", "nicht", "und nicht", "y no",
    "no", "а не", "не", "而不是", "不是",
)  # fmt: skip
#: Right before an answer: it is none.
DENY = (
    "not", "cannot", "neither", "rather than", "instead of", "if the answer is", "if the answer were",
    "if the answer was", "不是", "≠", "nicht", "pas", "no es", "не",
)  # fmt: skip
#: In the clause before "the answer is": what it says is denied, or asked.
DOUBT = (
    "not", "n't", "never", "false", "untrue", "wrong", "incorrect", "whether", "if", "unless", "doubt",
    "deny", "unlikely", "impossible", "cannot", "suppose", "assume", "nobody", "thought", "would", "might",
    "不", "并非", "是否", "pas", "faux", "nicht", "falsch", "ob", "falso", "неверно", "не",
    "wenn", "falls", "si", "если", "もし",
)  # fmt: skip
#: Joins a clause to the one before it, which may deny it.
THAT = ("dass", "daß", "ob", "que", "что", "that", "whether")
#: Before such a clause: what it says is false.
FALSE = (
    "false", "untrue", "not true", "wrong", "incorrect", "impossible", "unlikely", "not the case", "doubtful",
    "faux", "falsch", "nicht wahr", "falso", "неверно", "неправда",
)  # fmt: skip
#: Right behind a box: it is refused.
REFUSED = (
    "is wrong", "is incorrect", "is not ", "isn't ", "was wrong", "is false", "would be ", "which is wrong",
    "which is incorrect", "which is not ", "incorrect", "wrong", "does not ", "doesn't ", "fails", "is too ",
    "was my first", "cannot be", "can't be", "no.", "no,", "不对", "是错",
    "est faux", "est incorrect", "est fausse", "n'est pas", "n’est pas", "ist falsch", "ist nicht ",
    "stimmt nicht", "es incorrect", "es falso", "no es ", "está mal", "неверно", "неправильно", "это неверно",
    "не ", "は間違", "は正しくな", "ではありません", "ではない", "は違",
)  # fmt: skip
#: Right behind a box, and what refuses it a few words later: "is clearly the wrong answer".
IS = (
    "is", "was", "would be", "seems", "ist", "war", "wäre", "est", "était", "serait", "es", "era", "sería",
    "это", "является",
)  # fmt: skip
WRONG = (
    "wrong", "incorrect", "false", "falsch", "faux", "fausse", "mauvais", "falso", "falsa", "equivocad",
    "неверн", "неправильн", "ошибочн",
)  # fmt: skip
#: What takes back the answer before it, where a later sentence or clause begins with it.
BACK_FIRST = (
    "no,", "no.", "hmm", "scratch that", "never mind", "oops", "let me re", "let me check again",
    "on second thought", "je me trompe", "erratum", "verrechnet", "ich korrigiere", "corrijo", "ошибка",
    "違います", "違う", "間違い", "訂正",
)  # fmt: skip
#: The same, wherever it stands in a clause.
BACK_ANYWHERE = (
    "that is wrong", "that's wrong", "this is wrong", "that is not right", "that's not right",
    "that is incorrect", "that's incorrect", "this is incorrect", "this is not right", "that can't be",
    "that cannot be", "it is wrong", "it's wrong", "it is incorrect", "it is not correct", "it is not right",
    "it was wrong", "answer is wrong", "answer is incorrect", "answer is not correct", "answer was wrong",
    "i made a mistake", "i made an error", "but that misses", "but that is wrong", "but that's wrong",
    "等等", "不对", "错了", "重新",
    "c'est faux", "c’est faux", "c'est incorrect", "c’est incorrect", "cela est faux", "réponse est fausse",
    "je me suis tromp", "j'ai fait une erreur", "j’ai fait une erreur",
    "das ist falsch", "das ist nicht richtig", "das stimmt nicht", "es ist falsch", "antwort ist falsch",
    "antwort war falsch", "habe mich verrechnet", "habe mich geirrt", "habe einen fehler",
    "eso es incorrecto", "esto es incorrecto", "es incorrecta", "eso está mal", "esto está mal",
    "no es correct", "me equivoqué", "cometí un error",
    "это неверно", "это неправильно", "это не так", "это ошибка", "ответ неверный", "ответ неправильный",
    "ошибся", "ошиблась", "допустил ошибку",
    "間違えました", "間違っています", "正しくありません", "正しくない",
)  # fmt: skip
#: The same, if nothing else or a correction follows.
BACK_ALONE = (
    "wait", "no wait", "actually", "correction", "sorry", "hmm", "attendez", "attends", "en fait", "pardon",
    "erreur", "moment", "warte", "halt", "fehler", "quatsch", "korrektur", "espera", "espere", "esperen",
    "perdón", "corrección",
    "подождите", "подожди", "погодите", "погоди", "стоп", "стойте", "точнее", "待って", "待てよ",
    "ちょっと待って",
)  # fmt: skip
#: The same, unless a question stands before it.
NO = ("no", "nope", "non", "nein", "нет", "いや", "いいえ")
#: What a correction begins with.
CORRECTS = (
    "no", "that", "it", "i", "let", "the answer", "we", "c'est", "c’est", "la réponse", "non", "es", "das",
    "nein", "die antwort", "la respuesta", "это", "нет", "ответ", "違", "答えは",
)  # fmt: skip
#: Answers that say the opposite of another one.
YES_NO = frozenset((
    "yes", "no", "true", "false", "oui", "non", "vrai", "faux", "ja", "nein", "wahr", "falsch", "sí", "si",
    "verdadero", "falso", "да", "нет", "верно", "неверно", "はい", "いいえ", "是", "否",
))  # fmt: skip
