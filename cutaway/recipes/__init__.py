"""Recipes: which network, loss, optimizer and schedule suit which data.

`recipes.image(…)`, `recipes.text(…)` and `recipes.table(…)` return a `Recipe`, whose parts can be looked at, changed
and given to `fit`. They stand before the modules of the same names: what else those hold is imported from them.
"""

from cutaway.recipes.image import image_recipe as image
from cutaway.recipes.recipe import Recipe
from cutaway.recipes.table import table_recipe as table
from cutaway.recipes.text import text_recipe as text

__all__ = ["Recipe", "image", "table", "text"]
