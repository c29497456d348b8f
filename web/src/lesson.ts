// A lesson as Python tells it: a text with the network's own figures, a question to answer first, and why it came so.

import type { Command, Scene } from "./protocol";

export interface LessonListed {
  name: string;
  title: string;
  about: string;
  here: boolean;
}
export interface Lesson {
  name: string;
  title: string;
  step: number;
  steps: number;
  heading: string;
  views: string[]; // the panels that the step is about
  text: string;
  question: string;
  choices: string[];
  done: boolean;
  chosen: number | null;
  right: number | null;
  reply: string;
  shown: string;
  why: string[];
  brain: { like: string; ends: string } | null;
  fits: boolean;
  words: string;
}
export interface Lessoned {
  scene: Scene;
  lesson: Lesson;
}
export type Asked =
  | Command
  | { do: "lesson"; name: string; step?: number } // → Lessoned
  | { do: "predict"; choice?: number; live?: boolean } // → Lessoned
  | { do: "tell" }; // → Lesson

export function lessonsOf(scene: Scene): LessonListed[] {
  return (scene as Scene & { lessons?: LessonListed[] }).lessons ?? [];
}
