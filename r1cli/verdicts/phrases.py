"""How completions say what their answer is, take it back, or deny it; one table for each language.

To add a language, add its words here; `finder` uses nothing else.
"""

#: Nouns that name the answer itself. A final answer counts more than a result.
ANSWER = (
    "answer", "ans", "answers", "solution", "solutions", "result", "results", "conclusion", "response",
    "答案", "答", "结果", "解", "最终答案", "réponse", "réponse finale", "résultat", "respuesta",
    "respuesta final", "resultado", "solución", "antwort", "ergebnis", "lösung", "ответ", "результат",
    "risposta", "risultato", "soluzione", "resposta", "答え", "정답", "답", "jawaban", "đáp án", "đáp số",
    "cevap", "odpowiedź", "antwoord", "итого", "उत्तर", "correct choice", "correct option", "right choice",
    "right option", "best choice", "best option", "正确选项",
)  # fmt: skip
#: What may be before them.
BEFORE = (
    "the", "my", "our", "your", "so", "final", "correct", "right", "numerical", "exact", "best", "required",
    "desired", "therefore", "thus", "hence", "最终", "正确", "因此", "所以", "故", "la", "le", "die", "el",
    "il",
)  # fmt: skip
#: Before the letter of a choice.
CHOOSE = (
    "i choose", "i pick", "i select", "we choose", "we pick", "we select", "i would choose", "i'd choose",
    "i’d choose", "i will choose", "i'll choose", "i go with", "i would go with", "i'd go with",
    "i'll go with", "my choice is", "my pick is",
)  # fmt: skip
#: What is between the noun and the answer.
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
    "then", "overall", "we get", "we have", "we conclude that", "we find that", "we obtain", "to summarize",
    "in summary", "to conclude", "as a result", "ultimately", "this gives", "it follows that", "accordingly",
    "因此", "所以", "故", "综上", "于是", "donc", "also", "daher", "por lo tanto", "por tanto", "così",
    "итак", "следовательно", "したがって", "따라서", "somit", "folglich", "demnach", "ainsi",
    "par conséquent", "alors", "entonces", "dunque", "quindi", "portanto", "logo", "таким образом", "よって",
    "그러므로",
    "in the end", "all in all", "at the end", "combining these", "adding these", "adding them up", "in short",
    "to sum up", "summing up", "putting it all together",
)  # fmt: skip
#: What precedes the answer in a sentence that is nothing but it: "It is 57.", "No, it's 58."
IT_IS = (
    "it is", "it's", "it’s", "it must be", "it should be", "c'est", "c’est", "es ist", "das ist", "es", "это",
    "それは", "它是", "这是", "它等于",
)  # fmt: skip
#: After "is" or a comma: the sentence goes through with its conclusion.
THEN = (
    "then", "therefore", "thus", "hence", "donc", "alors", "also", "somit", "daher", "folglich", "entonces",
    "por tanto", "por lo tanto", "pues", "dunque", "quindi", "portanto", "итак",
)  # fmt: skip
#: "Somit ist die Lösung 36": the verb and the article between the first word and the noun.
IS_THE = ("ist die", "ist das", "lautet die", "lautet das", "beträgt das", "est la", "est le")
#: After an answer: it holds in some cases only.
IF = (
    "if",
    "unless",
    "provided",
    "assuming",
    "wenn",
    "falls",
    "sofern",
    "si",
    "если",
    "如果",
    "若",
    "假如",
    "もし",
)
#: At the end of what is said to be the answer: it is denied.
DENIES_AT_END = (
    " not", " nicht", " pas", "아닙니다", "아니다", "아니에요", "아님", "ではない", "ではありません",
    "でない",
    "じゃない",
)  # fmt: skip
#: In a clause before its verb: the clause denies.
NEGATES = (
    "not", "never", "no longer", "no", "cannot", "hardly", "neither", "nor", "ne", "n'", "n’", "pas",
    "jamais",
    "aucun", "aucune", "nicht", "kein", "keine", "keinen", "nie", "niemals", "nunca", "jamás", "tampoco",
    "non", "mai", "não", "не", "нет", "никогда",
)  # fmt: skip
#: The same, in scripts that do not part words.
NEGATES_ANYWHERE = ("不", "没", "未必", "并非", "无法", "ない", "아니", "않")
#: What contains such a word and denies nothing.
NEGATES_NOTHING = ("not only", "no matter", "不难", "不妨", "不同的", "not hard")
#: After "is": the sentence denies what follows.
NOT = (
    "not", "n't", "never", "no longer", "neither", "cannot be", "can't be", "不是", "不等于", "不为", "并非",
    "isn't", "isn’t", "wasn't", "wasn’t", "is not", "nicht", "ist nicht", "kein", "keine", "pas", "ne",
    "n'est pas", "n’est pas", "no es", "не", "不可能", "不应", "不会", "不能", "no puede", "no debe",
    "kann nicht", "ne peut", "ne vaut", "non è", "non può", "não", "não é",
)  # fmt: skip
#: After "is not 58": what is said instead.
INSTEAD = (
    "but rather", "but it is", "but it's", "but", "rather", "instead", "it is", "it's", "it’s", "mais",
    "c'est", "c’est", "sondern", "es ist", "sino", "а", "это", "而是",
)  # fmt: skip
#: After an answer: the other one that it is not, as in "57, not 58".
AND_NOT = (
    "not", "and not", "rather than", "instead of", "et non", "et pas", "pas", "nicht", "und nicht", "y no",
    "no", "а не", "не", "而不是", "不是",
)  # fmt: skip
#: Right before an answer: it is none.
DENY = (
    "not", "cannot", "neither", "rather than", "instead of", "other than", "anything but", "if it were",
    "suppose it were", "impossible to have", "if the answer is", "if the answer were",
    "if the answer was", "不是", "≠", "nicht", "pas", "no es", "не",
)  # fmt: skip
#: In the clause before "the answer is": what it says is denied, or asked.
DOUBT = (
    "not", "n't", "never", "false", "untrue", "wrong", "incorrect", "whether", "if", "unless", "doubt",
    "deny", "unlikely", "impossible", "cannot", "suppose", "assume", "nobody", "thought", "would", "might",
    "不", "并非", "是否", "pas", "faux", "nicht", "falsch", "ob", "falso", "неверно", "не",
    "wenn", "falls", "si", "если", "もし", "non", "não",
)  # fmt: skip
#: Right before "answer": it is another one than the last.
OTHER = (
    "old", "previous", "earlier", "former", "intermediate", "partial", "preliminary", "tentative", "initial",
    "incomplete", "naive", "careless", "rough", "textbook's", "book's", "student's", "teacher's", "ancienne",
    "intermédiaire", "partielle", "alte", "vorläufige", "intermedio", "parcial", "anterior", "старый",
    "промежуточный", "中间", "初步", "部分", "原来的", "之前的", "旧",
)  # fmt: skip
#: Joins a clause to the one before it, which may deny it.
THAT = ("dass", "daß", "ob", "que", "что", "that", "whether")
#: Before such a clause: what it says is false.
FALSE = (
    "false", "untrue", "not true", "wrong", "incorrect", "impossible", "unlikely", "not the case", "doubtful",
    "faux", "falsch", "nicht wahr", "falso", "неверно", "неправда",
)  # fmt: skip
#: In the clause before a box: it is somebody's mistake.
MISTAKEN = (
    "wrong answer", "incorrect answer", "false answer", "mistaken answer", "naive answer", "tempting answer",
    "trap answer", "wrong result", "wrong value", "incorrect result", "incorrect value", "wrong to",
    "don't answer", "do not answer", "don't write", "do not write", "students write", "students answer",
    "may answer", "might answer", "at first glance", "incorrect to", "a mistake to", "an error to",
    "might think", "may think", "would think", "could think", "might say", "might guess", "might believe",
    "might expect", "may believe", "tempted to", "tempting to", "mistakenly", "falsely", "erroneously",
    "naively", "carelessly", "误以为", "误认为", "错误的", "错误答案", "不正确", "不对的",
    "à tort", "mauvaise réponse",
    "fälschlich", "irrtümlich", "falsche antwort", "por error", "respuesta incorrecta", "ошибочно",
    "неверный ответ", "неправильный ответ",
)  # fmt: skip
#: The same, by itself before a colon: "Incorrect: 57".
LABELS = ("wrong", "incorrect", "false", "not", "mistake", "错误", "faux", "falsch", "incorrecto", "неверно")
#: Right before an answer: it is changed by what is there.
CHANGES = (
    "half of", "half", "twice", "times", "double of", "double", "triple", "thrice", "negative", "minus",
    "square of", "square root of", "cube of", "opposite of", "reciprocal of", "inverse of", "third of",
    "quarter of", "percent of", "multiple of",
    "负", "减", "减去", "两倍", "一半", "la moitié de", "le double de", "moins", "die hälfte von", "doppelt",
    "la mitad de", "el doble de", "menos", "половина", "минус",
)  # fmt: skip
#: Right after an answer: it is only a part.
CHANGED = (
    "minus", "plus", "times", "divided by", "multiplied by", "squared", "cubed", "factorial", "less than",
    "more than", "or more", "or less", "or fewer", "percent of", "per cent of", "fois", "moins", "mal",
    "geteilt durch", "por", "menos", "减", "加", "乘", "除以", "以上", "以下", "左右", "минус",
)  # fmt: skip
#: Right after a box: it is refused.
REFUSED = (
    "is wrong", "is incorrect", "is not ", "isn't ", "was wrong", "is false", "would be ", "which is wrong",
    "which is incorrect", "which is not ", "incorrect", "wrong", "does not ", "doesn't ", "fails", "is too ",
    "was my first", "cannot be", "can't be", "no.", "no,", "不对", "是错",
    "est faux", "est incorrect", "est fausse", "n'est pas", "n’est pas", "ist falsch", "ist nicht ",
    "stimmt nicht", "es incorrect", "es falso", "no es ", "está mal", "неверно", "неправильно", "это неверно",
    "не ", "は間違", "は正しくな", "ではありません", "ではない", "でない", "じゃない", "は違",
    "is what a", "is what one", "is what you", "is what most", "is what many", "is only a", "is merely",
    "is just an upper", "is just a lower", "is an upper bound", "is a lower bound", "is extraneous",
    "is rejected", "is ruled out", "is excluded", "is discarded", "is impossible", "is invalid", "is not,",
    "can be ruled out", "can be excluded", "can be discarded", "must be rejected", "must be discarded",
    "is the trap", "is a trap", "is the tempting", "is a tempting", "is the naive", "is an overcount",
    "overcounts", "double counts", "double-counts", "which contradict", "contradict", "which is impossible",
    "is a contradiction", "❌", "✗", "✘", "✖", "🚫", "isn’t ", "doesn’t ", "can’t be", "不是", "不符合",
    "不成立", "舍去", "应舍去", "被排除", "이 아닙", "가 아닙", "이 아니", "가 아니", "est exclu",
    "est impossible", "est à rejeter", "ist ausgeschlossen", "ist unmöglich", "scheidet aus",
    "se descarta", "es imposible", "non è ", "não é ", "невозможн", "не подходит", "исключ",
    "this contradicts", "that contradicts", "this doesn't satisfy", "this does not satisfy",
    "this is impossible", "that is impossible", "this fails", "that fails", "it fails", "this violates",
)  # fmt: skip
#: Right after a box, and what refuses it a few words later: "is clearly the wrong answer".
IS = (
    "is", "was", "would", "would be", "seems", "ist", "war", "wäre", "est", "était", "serait", "es", "era",
    "sería", "это", "является",
)  # fmt: skip
WRONG = (
    "wrong", "incorrect", "false", "extraneous", "mistake", "double count", "falsch", "faux", "fausse",
    "mauvais", "falso", "falsa", "equivocad", "неверн", "неправильн", "ошибочн",
)  # fmt: skip
#: What takes back the answer before it, where a later sentence or clause begins with it.
BACK_FIRST = (
    "no,", "no.", "hmm", "scratch that", "never mind", "oops", "let me re", "let me check again",
    "on second thought", "je me trompe", "erratum", "verrechnet", "ich korrigiere", "corrijo", "ошибка",
    "違います", "違う", "間違い", "訂正", "disregard", "make that", "my mistake", "my bad",
    "my apologies", "apologies", "i apologize", "i apologise", "i meant", "i mean ", "i misread",
    "strike that",
    "ignore that", "ignore this", "ignore the", "ignore my", "forget that", "not quite", "not right",
    "should be ",
    "je voulais dire", "je corrige", "au temps pour moi", "mon erreur", "toutes mes excuses", "ich meinte",
    "ich meine", "mein fehler", "entschuldigung", "quise decir", "quiero decir", "mi error", "me corrijo",
    "я имел в виду", "я имела в виду", "моя ошибка", "поправка", "извините", "更正", "我的意思是", "抱歉",
    "应为", "修正", "我错了", "すみません", "正しくは", "아니", "정정", "잠깐", "다시", "잘못",
)  # fmt: skip
#: The same, wherever it is in a clause.
BACK_ANYWHERE = (
    "that is wrong", "that's wrong", "this is wrong", "that is not right", "that's not right",
    "that is incorrect", "that's incorrect", "this is incorrect", "this is not right", "that can't be",
    "that cannot be", "it is wrong", "it's wrong", "it is incorrect", "it is not correct", "it is not right",
    "it was wrong", "answer is wrong", "answer is incorrect", "answer is not correct", "answer was wrong",
    "answer is not right", "answer isn't right", "above is wrong", "above is incorrect", "above is not",
    "above was wrong", "above answer is", "i made a mistake", "i made an error", "but that misses",
    "but that is wrong", "but that's wrong",
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
#: The same, unless a question precedes it.
NO = ("no", "nope", "non", "nein", "нет", "いや", "いいえ")
#: How the next sentence begins, if what precedes it was only a step.
STEPS = ("then", "next", "now", "after that", "afterwards", "however", "but", "still", "finally")
WE = (
    "we",
    "i",
    "you",
    "he",
    "she",
    "they",
    "must",
    "need to",
    "needs to",
    "have to",
    "has to",
    "should",
    "also",
)
CALCULATE = (
    "subtract", "subtracts", "subtracting", "add", "adds", "adding", "multiply", "multiplies", "multiplying",
    "divide", "divides", "dividing", "remove", "removes", "deduct", "deducts", "double", "doubles", "halve",
    "take away", "takes away",
)  # fmt: skip
#: What says after an answer that another one follows: "Recomputing gives 58".
ANEW = (
    "recomputing gives", "recalculating gives", "recomputing, we get", "recalculating, we get",
    "rechecking gives", "redoing this gives", "重新计算得",
)  # fmt: skip
#: What says after an answer that another equation gives the value: "The question asks for 2x = 114".
ASKS = (
    "question asks for",
    "problem asks for",
    "are asked for",
    "was asked for",
    "题目要求的是",
    "题目问的是",
)
#: What begins a last line that checks the answer or explains it.
CHECKS = (
    "verification", "verify", "verifying", "check", "checking", "double-check", "sanity check", "note",
    "explanation", "proof", "confidence", "验证", "验算", "检验", "检查", "注", "vérification", "probe",
    "überprüfung", "comprobación", "verificación", "проверка", "検算", "검산",
)  # fmt: skip
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

# The shapes of a closing sentence: "So she has 36 marbles left", "The total cost is 36 dollars".

#: Who has or gets what was asked for.
WHO = ("it", "that", "this", "he", "she", "they", "we", "i", "you")
#: What they do.
DOES = (
    "is", "are", "was", "were", "has", "have", "had", "has left", "have left", "need", "needs", "get",
    "gets", "got", "cost", "costs", "take", "takes", "took", "weighs", "weigh", "make", "makes", "made",
    "sell", "sells", "sold", "buy", "buys", "bought", "earn", "earns", "earned", "pay", "pays", "paid",
    "spend", "spends", "spent", "save", "saves", "saved", "eat", "eats", "ate", "read", "reads", "owes",
    "owed", "receive", "receives", "received", "use", "uses", "used", "be", "will be", "drink", "drinks",
    "drank", "run", "runs", "ran", "walk", "walks", "walked", "drive", "drives", "drove", "travel",
    "travels", "traveled", "travelled", "collect", "collects", "collected", "give", "gives", "gave", "bake",
    "bakes", "baked", "produce", "produces", "produced", "contain", "contains", "hold", "holds", "held",
    "score", "scores", "scored", "work", "works", "worked", "lasts", "equals", "equal", "gain", "gains",
    "gained", "lose", "loses", "lost", "keep", "keeps", "kept", "finish", "finishes", "finished", "catch",
    "catches", "caught", "write", "writes", "wrote", "plant", "plants", "planted", "pick", "picks",
    "picked", "charge", "charges", "charged", "consume", "consumes", "consumed", "remains", "remain",
    "comes to", "ended up with", "ends up with", "end up with", "is left with", "are left with",
    "was left with", "requires", "require", "required", "harvest", "harvests", "harvested", "play", "plays",
    "played", "wash", "washes", "washed", "deliver", "delivers", "delivered", "serve", "serves", "served",
    "burn", "burns", "burned", "cover", "covers", "covered", "raise", "raises", "raised", "donate",
    "donates", "donated", "build", "builds", "built", "cook", "cooks", "cooked", "learns", "learned",
    "type", "types", "typed", "answers", "answered", "watches", "watched", "solves", "solved", "hikes",
    "hiked", "swims", "swam", "visits", "visited", "orders", "ordered", "invites", "invited", "brings",
    "brought", "grows", "grew", "paints", "painted", "rents", "borrows", "borrowed", "measures", "measured",
    "carries", "carried", "needed", "will have",
)  # fmt: skip
#: What has a value.
VALUES = (
    "total", "sum", "amount", "cost", "price", "profit", "number", "value", "difference", "product",
    "average",
    "mean", "median", "area", "perimeter", "volume", "length", "width", "height", "radius", "diameter",
    "distance", "speed", "probability", "remainder", "quotient", "ratio", "age", "time", "circumference",
    "angle", "measure", "slope", "maximum", "minimum", "integer", "revenue", "income", "weight", "count",
    "point", "vertex", "midpoint", "center", "centre", "coordinates", "interval", "domain", "range", "matrix",
    "vector", "determinant", "limit", "derivative", "integral", "equation", "function", "polynomial",
    "expression", "coefficient", "percentage", "fraction", "diagonal", "balance", "change", "score",
)  # fmt: skip
#: Which of them.
WHICH = (
    "total", "final", "net", "combined", "overall", "required", "desired", "average", "maximum", "minimum",
    "largest", "smallest", "greatest", "least", "possible", "exact", "correct", "numerical", "surface",
    "only",
    "unique", "such", "positive", "remaining",
)  # fmt: skip
#: What may be at the end.
ENDINGS = (
    "in total", "in all", "altogether", "left", "left over", "remaining", "in profit", "total", "now",
    "to finish", "in the end", "as the answer", "as a result", "so far",
    "that day", "that week", "that month", "that year", "today",
)  # fmt: skip
#: Who has what, in other languages: the verbs of a sentence as "Donc, Tom a 36 billes."
HAS_ELSEWHERE = (
    "a", "ont", "il reste", "il y a", "coûte", "coûtent", "gagne", "reçoit", "hat", "haben", "gibt es",
    "sind",
    "bleiben", "kostet", "kosten", "verdient", "bekommt", "tiene", "tienen", "hay", "quedan", "le quedan",
    "cuesta", "cuestan", "gana", "recibe", "ha", "hanno", "ci sono", "restano", "costa", "tem", "têm",
    "sobraram", "restam", "осталось", "есть", "имеет", "получил", "получила", "стоит",
)  # fmt: skip
ENDINGS_ELSEWHERE = (
    "en tout",
    "au total",
    "insgesamt",
    "übrig",
    "en total",
    "in totale",
    "no total",
    "всего",
)
#: Words that say something of a premise, or of what somebody says: no such sentence is a conclusion.
PREMISES = (
    "suppose", "assume", "assuming", "let", "say", "given", "when", "since", "because", "recall", "note",
    "initially", "originally", "first", "started", "starts", "begin", "begins", "began", "thinks", "thought",
    "says", "said", "claims", "claimed", "believes", "guess", "guesses", "guessed", "estimate", "estimates",
    "wants", "wanted", "usually", "normally", "previously", "while", "until", "whether", "what", "how",
    "which", "who", "already", "still", "needs", "need", "remember", "check", "hardly", "neither", "as",
)  # fmt: skip
#: Before a place or a time at the end: "in April".
WHERE = ("in", "on", "at", "for", "during", "from", "with", "this", "last", "by", "to")
TIMES = ("days", "weeks", "months", "years", "hours", "minutes", "weekend", "period", "summer", "time")
#: Words that change what is said: none of them may be in such a sentence.
TURNS = (
    "not", "no", "never", "nor", "none", "nobody", "without", "except", "excluding", "if", "unless", "wrong",
    "incorrect", "false", "would", "might", "could", "may", "or", "but", "cannot", "than", "then", "before",
    "after", "less", "more", "fewer", "most", "half", "halves", "twice", "double", "below", "above", "short",
    "over", "under", "away", "apart", "off", "plus", "minus", "times", "too", "about", "around", "roughly",
    "nearly", "almost", "approximately", "extra", "additional", "another", "other", "missing", "younger",
    "older", "taller", "shorter", "longer", "heavier", "lighter", "cheaper", "faster", "slower", "higher",
    "lower", "bigger", "smaller", "larger", "greater", "earlier", "later", "ago", "late", "early", "squared",
    "cubed", "upwards", "pair", "pairs", "dozen", "dozens",
)  # fmt: skip
#: Words that join others: none of them is counted.
LINKS = (
    "in", "on", "at", "to", "from", "by", "and", "as", "with", "it", "them", "that", "this", "the", "a", "an",
    "of", "per", "each", "every", "out", "for",
)  # fmt: skip
#: The same in Chinese, by letters; and the words that count.
CHINESE_VERBS = (
    "有", "剩", "剩下", "需要", "得到", "赚了", "花了", "用了", "得了", "卖了", "买了", "走了", "付", "付了",
    "支付", "为", "是", "共", "一共", "总共", "等于", "收到", "卖出", "吃了", "读了", "跑了", "行驶了", "要",
    "需", "用时", "花费", "共计", "合计", "收获", "种了",
)  # fmt: skip
CHINESE_TURNS = "以左右余内外前后半倍分之不或和与加减乘除平"
CHINESE_COUNTERS = "个元种只条本块人米天页岁辆棵支张名件颗朵盒袋头匹把枚份"
