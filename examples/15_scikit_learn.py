"""A network where scikit-learn expects an estimator: in a pipeline's place, scored, searched, and asked what it uses.

The house prices here are made up: so much a room, more in one town, and a swing with the year that no line follows. A
frame goes in as it is: nothing is scaled, and missing values and towns by name are understood.

Run it:  python examples/15_scikit_learn.py
"""

import numpy as np
import pandas as pd
from sklearn.compose import make_column_transformer
from sklearn.impute import SimpleImputer
from sklearn.linear_model import LinearRegression
from sklearn.model_selection import GridSearchCV, train_test_split
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import OneHotEncoder

import cutaway as ca

random = np.random.default_rng(0)
rows = 500
houses = pd.DataFrame(
    {
        "rooms": random.integers(1, 8, rows).astype(float),
        "town": random.choice(["Delft", "Gouda", "Leiden"], rows),
        "year": random.uniform(1900, 2020, rows),
        "door": random.choice(["red", "green"], rows),
    }
)
price = 40 * houses["rooms"] + 60 * (houses["town"] == "Leiden") + 50 * np.cos(houses["year"] / 15)
price = (price + random.normal(0, 10, rows)).rename("price")
houses.loc[random.random(rows) < 0.05, "rooms"] = np.nan
train, test, price_train, price_test = train_test_split(houses, price, random_state=0)

network = ca.NetworkRegressor("quick", members=3, random_state=0).fit(train, price_train)
columns = make_column_transformer(
    (SimpleImputer(), ["rooms", "year"]), (OneHotEncoder(sparse_output=False), ["town", "door"])
)
line = make_pipeline(columns, LinearRegression()).fit(train, price_train)
print(f"R² on rows not seen: network {network.score(test, price_test):.3f}, line {line.score(test, price_test):.3f}")
assert network.score(test, price_test) > 0.9 > line.score(test, price_test)

# Before any test: each row is predicted by the network that did not learn from it.
estimate = network.estimate_
low, high = estimate.interval
error = float(np.sqrt(np.mean((network.out_of_fold_ - price_train) ** 2)))
print(f"expected error {estimate.value:.1f} ({low:.1f} to {high:.1f}), of always the mean {estimate.baseline:.1f}")
assert abs(error - estimate.value) < 1e-6 * error
assert estimate.better

print("R² lost when a column is shuffled:")
importance = network.permutation_importance(test, price_test, metric="r2")
for name, mean, (low, high) in importance.ranked():
    print(f"  {name:6} {mean:6.3f}  ({low:.3f} to {high:.3f})")
assert importance.ranked()[-1][0] == "door"  # which has nothing to do with the price

search = GridSearchCV(ca.NetworkRegressor("quick", random_state=0), {"epochs": [2, 60]}, cv=2).fit(train, price_train)
for settings, score in zip(search.cv_results_["params"], search.cv_results_["mean_test_score"], strict=True):
    print(f"  {settings['epochs']:3} epochs: R² {score:.3f}")
assert search.best_params_ == {"epochs": 60}
