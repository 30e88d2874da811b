import type { Assessment, AssessmentJson } from '@parlance/contracts';

/** An assessment as it goes over gRPC: what is null is absent there. */
export function assessmentMessage({ mode, ...assessment }: AssessmentJson): Assessment {
  const { words, facts, quality, compatibility, advice, curves } = assessment;
  return {
    ...assessment,
    mode: mode === 'free' ? 'ASSESSMENT_MODE_FREE' : 'ASSESSMENT_MODE_SCRIPTED',
    words: words.map(({ accuracy, phones, ...word }) => ({ ...present(word), accuracy, phones })),
    facts: facts ?? {},
    quality: present(quality),
    compatibility: {
      scores: present(compatibility.scores),
      metrics: present(compatibility.metrics),
    },
    advice: advice.map(present),
    curves: curves && { ...curves, pitchHz: curves.pitchHz.map((hz) => hz ?? 0) },
  };
}

type Present<T> = { [Key in keyof T as null extends T[Key] ? never : Key]: T[Key] } & {
  [Key in keyof T as null extends T[Key] ? Key : never]?: NonNullable<T[Key]>;
};

/** Without the fields that are null. */
function present<T extends object>(value: T): Present<T> {
  return Object.fromEntries(Object.entries(value).filter(([, each]) => each !== null)) as Present<T>;
}
