"""Small word lists. Every word is one token of the shipped tokenizer (tested), so a list item is one cell."""

ANIMALS = (
    "ant", "bat", "bee", "cat", "cow", "crab", "deer", "dog", "duck", "fox",
    "frog", "goat", "hare", "hen", "lion", "mole", "owl", "pig", "seal", "wolf",
)  # fmt: skip
NAMES = (
    "Ada", "Ben", "Cleo", "Dan", "Eva", "Finn", "Gus", "Hana",
    "Ivan", "Jon", "Kim", "Lea", "Max", "Nora", "Omar", "Tom",
)  # fmt: skip
CITIES = ("Athens", "Berlin", "Cairo", "Lima", "Oslo", "Paris", "Quito", "Rome", "Seoul", "Tokyo")
JOBS = ("baker", "doctor", "farmer", "judge", "miner", "nurse", "pilot", "singer", "tailor", "writer")
GOODS = ("apples", "books", "coins", "eggs", "pens", "plums", "shells", "stamps")
COLOURS = ("black", "blue", "brown", "green", "grey", "red", "white", "yellow")
PLACES = ("barn", "cave", "field", "forest", "garden", "river", "tower", "valley")
THINGS = ("bell", "coin", "drum", "key", "lamp", "map", "ring", "rope")
