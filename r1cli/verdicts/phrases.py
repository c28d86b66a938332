"""How completions say what their answer is, take it back, or deny it; one table for each language.

To add a language, add its words here; `finder` uses nothing else.
"""

#: Nouns that name the answer itself. A final answer counts more than a result.
ANSWER = (
    "answer", "ans", "answers", "solution", "solutions", "result", "results", "conclusion", "答案", "答",
    "结果", "解", "最终答案",
    "réponse", "réponse finale", "respuesta", "respuesta final", "antwort", "ответ", "risposta", "resposta",
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
)  # fmt: skip
#: Words that begin a sentence which draws the conclusion.
SO = (
    "therefore", "thus", "hence", "so", "consequently", "in conclusion", "finally", "in total", "altogether",
    "then", "overall", "we get", "we have", "this gives", "it follows that", "accordingly", "因此", "所以",
    "故", "综上", "于是", "donc", "also", "daher", "por lo tanto", "итак", "следовательно", "したがって",
    "따라서",
)  # fmt: skip
#: Behind "is": the sentence denies what follows.
NOT = (
    "not", "n't", "never", "no longer", "neither", "cannot be", "can't be", "不是", "不等于", "不为", "并非",
    "nicht", "ne", "no es", "не",
)  # fmt: skip
#: What takes back the answer before it, at the beginning of a later sentence or clause.
BACK = (
    "no,", "no.", "hmm", "scratch that", "never mind",
    "oops", "let me re", "let me check again", "that is wrong", "that's wrong", "this is wrong",
    "that is not right", "that's not right", "that is incorrect", "that's incorrect", "this is incorrect",
    "this is not right", "that can't be", "that cannot be", "it is wrong", "it's wrong", "it is incorrect",
    "it is not correct", "it is not right", "it was wrong", "answer is wrong", "answer is incorrect",
    "answer is not correct", "answer was wrong", "i made a mistake", "i made an error", "but that misses",
    "but that is wrong", "but that's wrong", "on second thought", "等等", "不对", "错了", "重新",
)  # fmt: skip
#: The same, if nothing else or a correction follows.
BACK_ALONE = ("wait", "no wait", "actually", "correction", "sorry", "hmm")
