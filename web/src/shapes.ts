// A shape for each class, so that colour is not the only difference; filled for training rows, hollow for held-out ones.

export const SHAPES = ["circle", "square", "triangle", "diamond", "cross", "star", "bar", "ring"] as const;

/** The outline of class number `place`, around (0, 0) and about `radius` from there; the same area for each, nearly. */
export function outline(place: number, radius: number): string {
  const r = radius;
  switch (SHAPES[place % SHAPES.length]) {
    case "square":
      return `M${-r * 0.88} ${-r * 0.88}h${r * 1.76}v${r * 1.76}h${-r * 1.76}z`;
    case "triangle":
      return `M0 ${-r * 1.2}L${r * 1.1} ${r * 0.8}H${-r * 1.1}z`;
    case "diamond":
      return `M0 ${-r * 1.25}L${r * 1.1} 0L0 ${r * 1.25}L${-r * 1.1} 0z`;
    case "cross":
      return cross(r);
    case "star":
      return star(r);
    case "bar":
      return `M${-r * 1.25} ${-r * 0.55}h${r * 2.5}v${r * 1.1}h${-r * 2.5}z`;
    default:
      return `M${r} 0A${r} ${r} 0 1 1 ${-r} 0A${r} ${r} 0 1 1 ${r} 0z`;
  }
}

function cross(r: number): string {
  const [a, b] = [r * 0.42, r * 1.2];
  return `M${-a} ${-b}H${a}V${-a}H${b}V${a}H${a}V${b}H${-a}V${a}H${-b}V${-a}H${-a}z`;
}

function star(r: number): string {
  const corners = Array.from({ length: 10 }, (_, i) => {
    const [angle, far] = [(i * Math.PI) / 5, i % 2 ? r * 0.55 : r * 1.3];
    return `${(Math.sin(angle) * far).toFixed(2)} ${(-Math.cos(angle) * far).toFixed(2)}`;
  });
  return `M${corners.join("L")}z`;
}
