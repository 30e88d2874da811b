import { assessmentSchema, type Assessment__Output, type AssessmentJson } from '@parlance/contracts';

/** An assessment as clients see it: what inference leaves out is null. */
export function assessmentView(assessment: Assessment__Output): AssessmentJson {
  const {
    mode,
    words,
    facts,
    fluencyFacts,
    quality,
    utterance,
    compatibility,
    timing,
    advice,
    curves,
    ...rest
  } = assessment;
  const hasFacts = Object.keys(facts).length > 0;
  const { scores, metrics } = compatibility ?? {};
  return assessmentSchema.parse({
    ...rest,
    mode: mode === 'ASSESSMENT_MODE_FREE' ? 'free' : 'scripted',
    utterance,
    words: words.map((word) => filled(word, ['startMs', 'endMs', 'logLikelihood'])),
    facts: hasFacts ? facts : null,
    fluencyFacts,
    timing: timing ?? null,
    advice: advice.map((item) => filled(item, ['phone', 'substitution'])),
    curves: curves && { ...curves, pitchHz: curves.pitchHz.map((hz) => hz || null) },
    quality: filled(quality ?? {}, QUALITY),
    compatibility: {
      scores: filled(scores ?? {}, Object.keys(SHAPE.scores.shape)),
      metrics: filled(metrics ?? {}, Object.keys(SHAPE.metrics.shape)),
    },
  });
}

const SHAPE = assessmentSchema.shape.compatibility.shape;
const QUALITY = ['loudnessLufs', 'signalToNoiseDb', 'noiseLevelDbfs', 'dnsmos'];

/** With null for each of the fields that is absent. */
function filled(value: object, names: readonly string[]): object {
  return { ...Object.fromEntries(names.map((name) => [name, null])), ...value };
}
