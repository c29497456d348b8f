"""The field's own words, each in one sentence for a person who knows neither Python nor the field. One table, tested.

A page shows them where they are met, all in a drawer besides; `docs/ideas` says more about most of them.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

# Words of every network, in the order in which they build on one another.
ALWAYS = {
    "weight": "How strongly one number counts for the next: what comes in is multiplied with it.",
    "bias": "A number that a neuron adds whatever comes in; it lifts or lowers its answer everywhere.",
    "neuron": "It multiplies each number that comes in with a weight, adds them and its bias, and bends the sum.",
    "layer": "Neurons side by side that read the same numbers; what they say goes on to the next layer.",
    "activation": "The bend after a neuron's sum; without it, layers after layers could only draw a straight line.",
    "h₁, z₁": "The first neuron of a layer: z₁ is its sum, h₁ the same after its activation.",
    "a1, a2, …": "The single steps of a computation, numbered as they are done; a formula names those that it uses.",
    "0.weight[0, 0]": "The weight in layer 0 (counted from 0) that leads from its input 0 to its neuron 0.",
    "29 × 8": "How many rows and columns a table of numbers has: 29 inputs by 8 neurons, so 232 weights.",
    "loss": "One number for how wrong the answers are; to learn is to make it smaller.",
    "training rows": "The rows that are learned from.",
    "held-out rows": "Rows that nothing is learned from: the loss on them shows what holds for new rows, too.",
    "validation loss": "The loss on the rows held out, looked at while the network learns.",
    "∂L/∂w": "The slope of the loss: by how much it rises for a tiny rise of the weight w, counted for one whole unit.",
    "blame": "How much each number in the network is at fault for the loss, found from the back to the front.",
    "finite differences": "A slope that is measured: a number is made a little larger and smaller, and the loss read.",
    "learning rate": "How long a step is: each weight moves by this times its slope. Its letter is η.",
    "Δw": "By how much a step changes the weight w.",
    "batch": "The rows that one step learns from together.",
    "epoch": "Once through all training rows, batch by batch.",
    "step": "One change of all weights, from one batch.",
    "optimizer": "The rule that turns slopes into a change of the weights.",
    "σ": "The sigmoid: it turns any number into a probability, 0 into one half, large ones into nearly 1.",
    "log-odds": "What a yes-or-no network says before σ: 0 means even odds, +1 means e = 2.7 to one for yes.",
    "landscape": "The loss drawn as heights over two directions in which weights can change.",
    "branch": "A training that left another one at some step, because something was changed there; both are kept.",
}  # fmt: skip
LAYERS = {
    "Dense": "A layer in which every neuron reads every number that comes in.",
    "Identity": "No bend at all: what comes in goes out.",
    "ReLU": "The bend that makes 0 of every negative sum and leaves the others as they are.",
    "LeakyReLU": "As ReLU, but a hundredth of a negative sum is left, so that no neuron falls silent for ever.",
    "Tanh": "A soft bend that presses every sum between −1 and 1.",
    "Sigmoid": "A soft bend that presses every sum between 0 and 1.",
    "GELU": "A soft ReLU: a sum is let through by as much as it stands out among chance ones.",
    "GELUTanh": "GELU, computed by way of tanh, which is quicker.",
    "SiLU": "A soft ReLU: a sum times its own sigmoid.",
    "Mish": "A soft ReLU that dips a little below 0 for negative sums.",
    "ELU": "As ReLU, but negative sums level off softly towards −1.",
    "SELU": "An ELU with scales chosen so that the spread of the numbers stays about 1 through many layers.",
    "Softplus": "A ReLU whose corner is rounded; it is never quite 0.",
    "Step": "1 for a positive sum, else 0: no slope, so nothing can be learned through it.",
    "Softmax": "Turns numbers into probabilities that add up to one; the largest number gets the largest.",
    "Activation": "A bend after a sum.",
    "Dropout": "While it learns it sets numbers to 0 by chance, so that no neuron relies on a single other one.",
    "BatchNorm": "Brings each number to mean 0 and spread 1 over the rows of a batch, then learns its own scale.",
    "LayerNorm": "Brings the numbers of one row to mean 0 and spread 1, then learns its own scale.",
    "RMSNorm": "Scales the numbers of one row to a typical size of 1, without shifting them.",
    "Standardize": "Brings each input to mean 0 and spread 1, over the rows that are learned from.",
    "Sequential": "Layers one after another.",
    "Residual": "Adds what its inner layers make to what came in, so that numbers and blame have a way past them.",
    "Embedding": "A table with a learned row of numbers for each word, letter or category.",
    "ColumnEmbedding": "An embedding for each column of words in a table, put side by side.",
    "Unembedding": "Compares with each row of an embedding: how well would each word or letter fit here?",
    "LearnedPositions": "Adds learned numbers for the place in the text, so that the order counts.",
    "PeriodicEmbedding": "Adds to a number waves of several lengths of it, which makes fine differences visible.",
    "MultiHeadAttention": "Each place of a text gathers what it needs from others; each head looks for something else.",
    "TransformerBlock": "Attention, then a small network at each place, each with a way past it.",
    "FeedForward": "Two layers with a bend between them, the same at every place of a text.",
    "Conv1D": "A small pattern of weights slid along a row of numbers; it answers where it fits.",
    "Conv2D": "Small patterns of weights slid over a picture; each answers where it fits.",
    "ConvTranspose1D": "A convolution backwards: each number becomes a small pattern, and they are added up.",
    "ConvTranspose2D": "A convolution backwards: each number becomes a small patch, and a larger picture comes out.",
    "MaxPool1D": "Of each few neighbours keeps the largest.",
    "MaxPool2D": "Of each small patch of a picture keeps the largest number, which makes the picture smaller.",
    "AveragePool1D": "Of each few neighbours keeps the mean.",
    "AveragePool2D": "Of each small patch of a picture keeps the mean, which makes the picture smaller.",
    "GlobalAveragePool": "Keeps one number of each pattern: the mean of its answers.",
    "GlobalMaxPool": "Keeps one number of each pattern: the largest of its answers.",
    "Flatten": "Lays the rows of a picture end to end as one long row of numbers.",
    "RandomShift": "While it learns it moves each picture a little by chance, so that the place matters less.",
    "RandomFlip": "While it learns it mirrors pictures by chance.",
    "Cutout": "While it learns it blanks a patch of each picture by chance, so that no single spot decides.",
    "SimpleRNN": "Reads a row of things one by one and keeps a memory that each one changes.",
    "LSTM": "Reads things one by one; gates decide what its memory keeps, takes in and says.",
    "GRU": "Reads things one by one with a gated memory, a simpler LSTM.",
    "Bidirectional": "Reads a row of things forwards and backwards and puts both side by side.",
    "Parametric": "A bend of which each neuron learns how much it takes.",
    "Scale": "Multiplies with learned numbers.",
    "Values": "Learned numbers that stand on their own.",
    "Repeat": "The same layers several times over.",
    "Checkpoint": "Layers whose in-between numbers are computed again when they are needed, to spare memory.",
    "Graph": "Layers that are joined otherwise than one after another.",
    "Operation": "One rule of arithmetic as a layer.",
    "Layer": "A part of a network that takes numbers and hands numbers on.",
    "MemberDense": "Neurons of several networks that learn side by side, each with weights of its own.",
    "MemberScale": "Of several networks that share most weights, the factors on the inputs that are each one's own.",
}  # fmt: skip
LOSSES = {
    "squared_error": "The mean of the squared errors: one twice as large counts four times.",
    "residual_sum_of_squares": "All squared errors added up.",
    "absolute_error": "The mean size of the errors; far-off rows count for less than with squares.",
    "huber": "Squared for small errors, plain size for large ones: far-off rows do not pull so hard.",
    "cross_entropy": "For classes: it is large where the right class was given a small probability.",
    "binary_cross_entropy": "For yes or no: it is large where the right answer was given a small probability.",
    "hinge": "For yes or no: it is 0 for what is clearly on the right side, and grows with how far it is off.",
}
OPTIMIZERS = {
    "gradient_descent": "Each weight goes straight downhill, by the learning rate times its slope.",
    "momentum": "Goes downhill with a swing: steps in one direction add up, those that swing back and forth cancel.",
    "nesterov": "Momentum that looks at the slope ahead, where its swing is taking it.",
    "rmsprop": "Gives each weight a step of its own size: slopes are divided by how large they usually are.",
    "adam": "Momentum and a step of its own size for each weight, together.",
    "adamw": "Adam that also shrinks every weight a little at each step.",
}  # fmt: skip
VITALS = {
    "output mean": "The mean of what leaves the layer.",
    "output std": "How widely what leaves the layer spreads around its mean; near 0 all rows look the same to it.",
    "silent": "The share of its neurons that say 0 for every row: what never speaks does not learn.",
    "saturated": "The share of its outputs at the end of their range, where there is hardly a slope to learn by.",
    "weight norm": "How large the layer's weights are together, as the length of an arrow.",
    "gradient norm": "How steep the loss is in the layer's weights, all together.",
    "update ratio": "How far the next step moves the layer's weights, as a share of their size; about 0.001 is usual.",
}  # fmt: skip
METRICS = {
    "accuracy": "The share of rows that are answered right.",
    "share wrong": "The share of rows that are answered wrong: 0 is best.",
    "balanced accuracy": "The mean over the classes of the share of right answers: a rare class counts as much.",
    "R²": "How much of the spread of the true numbers is foreseen: 1 is all of it, 0 what the mean does.",
    "RMSE": "The typical size of an error, in the units of what is predicted; large errors count more.",
    "mean absolute error": "The mean size of an error, in the units of what is predicted.",
    "mean absolute percentage error": "The mean size of an error, in per cent of the truth.",
    "RMSLE": "The typical error of the logarithm: being off by a factor counts alike for small and large numbers.",
    "log loss": "How little probability the right answers were given; 0 if always sure and right.",
    "Brier score": "The mean square of what the probabilities are off by; 0 is perfect.",
    "F1": "One number for both: how many of those it names are right, and how many of the right ones it names.",
    "area under ROC": "How often a row of one class is ranked above one of the other: 1 always, 0.5 is chance.",
    "average precision": "How pure the top of its ranking is, averaged over how far down one reads; 1 is perfect.",
    "calibration error": "What its probabilities are off by: of rows told 80 %, do about 80 % come true?",
    "bits a character": "How surprised it is by each next letter, as yes-or-no questions that it would still need.",
}  # fmt: skip
TEXTS = {
    "token": "What a text is cut into to be read: a letter, a piece of a word or a word.",
    "head": "One of several ways of looking that attention learns side by side.",
}
SCHEDULES = {
    "ConstantRate": "The learning rate stays as it is.",
    "StepDecay": "A plan for the learning rate: from time to time it drops by a factor.",
    "Exponential": "A plan for the learning rate: each step it shrinks by the same share.",
    "Cosine": "A plan for the learning rate: it falls along half a wave, slowly at first and at the end.",
    "WarmUp": "A plan for the learning rate: it begins small and rises, until another plan takes over.",
    "OneCycle": "A plan for the learning rate: it rises once and falls once over the whole training.",
    "FlatCos": "A plan for the learning rate: it stays for half of the training, then falls along half a wave.",
    "CosLog4": "A plan for the learning rate: it rises and falls in four waves, each twice as long as the one before.",
    "learning_rate_factors": "By how much the learning rate of each part of the network differs from the one told.",
}  # fmt: skip
WORDS: Mapping[str, str] = {
    **ALWAYS, **LAYERS, **LOSSES, **OPTIMIZERS, **VITALS, **METRICS, **TEXTS, **SCHEDULES,
}  # fmt: skip


def said(words: Iterable[str]) -> dict[str, str]:
    """Return the sentence of each word that has one, in the order given, each once.

    >>> said(["epoch", "no such word"])
    {'epoch': 'Once through all training rows, batch by batch.'}
    """
    return {word: WORDS[word] for word in words if word in WORDS}
