import { expect, test } from "vitest";
import { classColour, DARK, LIGHT, mixed, rgb, signScale } from "../src/colour";

test("the colour of a sign is mixed by the share of the largest, to a level of 255", () => {
  const scale = signScale(LIGHT, 2.5);
  for (let value = -2.5; value <= 2.5; value += 0.0137) {
    const expected = mixed(rgb(LIGHT.zero), rgb(value < 0 ? LIGHT.minus : LIGHT.plus), Math.abs(value) / 2.5);
    scale(value).forEach((level, i) => expect(Math.abs(level - expected[i]!)).toBeLessThanOrEqual(1));
  }
  expect([scale(2.5), scale(-2.5), scale(0)]).toEqual([rgb(LIGHT.plus), rgb(LIGHT.minus), rgb(LIGHT.zero)]);
});

test("what lies beyond the ends has their colour; what is not finite, and numbers without any size, are told apart", () => {
  const scale = signScale(LIGHT, 1);
  expect([scale(7), scale(-7)]).toEqual([rgb(LIGHT.plus), rgb(LIGHT.minus)]);
  for (const value of [NaN, Infinity, -Infinity]) expect(scale(value)).toEqual([255, 0, 255]);
  expect(signScale(LIGHT, 0)(0)).toEqual(rgb(LIGHT.zero));
  expect(signScale(LIGHT, 0)(NaN)).toEqual([255, 0, 255]);
});

test("of two classes each has the colour of the sign by which one output means it", () => {
  const hue = (hex: string) => {
    const [red, , blue] = rgb(hex);
    return Math.sign(blue - red);
  };
  for (const palette of [LIGHT, DARK]) expect([0, 1].map(classColour).map(hue)).toEqual([palette.minus, palette.plus].map(hue));
});
