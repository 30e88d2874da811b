import type { ListenEvent } from '@parlance/contracts';

type EventOf<Type extends ListenEvent['type']> = Extract<ListenEvent, { type: Type }>;

/** What a person reads of a conversation: one event in, its lines out. */
export class ConversationView {
  private lastInterim = '';

  lines(event: ListenEvent): readonly string[] {
    switch (event.type) {
      case 'Metadata':
        return event.duration === undefined ? [`Listening with ${event.model}.`] : [];
      case 'SpeechStarted':
        return [`Speech from ${seconds(event.timestamp)} on.`];
      case 'SpeechPossible':
      case 'SpeechConfirmed':
      case 'SpeechDismissed':
      case 'UtteranceEnd':
        return [];
      case 'Results':
        return event.is_final ? this.final(event) : this.interim(event);
      case 'TurnTaken':
        return [`Turn ${event.turn}`];
      case 'ReplySentence':
        return [`  reply     ${event.text}`];
      case 'SpeechReady':
        return [`  spoken    sentence ${event.index + 1}, ${seconds(event.duration_ms / 1000)}`];
      case 'SpeechFailed':
        return [`  unspoken  sentence ${event.index + 1}: ${event.error.message} [${event.error.code}]`];
      case 'TurnReplied':
        return this.replied(event);
      case 'Feedback':
        return this.feedback(event);
      case 'TurnFailed':
        return [`  failed    ${event.error.message} [${event.error.code}]`];
      case 'Error':
        return [`  error     ${event.error.message} [${event.error.code}]`];
    }
  }

  private interim({ channel, stable_length }: EventOf<'Results'>): readonly string[] {
    const text = channel.alternatives[0]?.transcript ?? '';
    if (text === this.lastInterim || text === '') return [];
    this.lastInterim = text;
    // The bar stands where the text will not change any more.
    return [`  … ${text.slice(0, stable_length)}|${text.slice(stable_length)}`];
  }

  private final({ channel, measures, scores }: EventOf<'Results'>): readonly string[] {
    const [best] = channel.alternatives;
    if (!best || best.transcript.trim() === '') return [];
    this.lastInterim = '';
    const lines = [`  heard     ${best.transcript.trim()}`];
    for (const { punctuated_word: word, start, end, confidence } of best.words) {
      lines.push(
        `    ${start.toFixed(2).padStart(6)} – ${end.toFixed(2).padStart(6)} s  ${word.padEnd(16)} ${Math.round(confidence * 100)} %`,
      );
    }
    if (scores) {
      const { fluency, pace, pauses, soundQuality, overall } = scores;
      const named = Object.entries({ overall, fluency, pace, pauses, 'sound quality': soundQuality });
      lines.push(
        `  scores    ${named.map(([name, score]) => `${name} ${Math.round(score)}`).join(' · ')} (of 100)`,
      );
    }
    if (measures) {
      lines.push(
        `  measures  ${Math.round(measures.speechRateWpm)} words a minute, ${measures.pauses.length} pauses, signal to noise ${Math.round(measures.signalToNoiseDb)} dB`,
      );
    }
    return lines;
  }

  private feedback({ report }: EventOf<'Feedback'>): readonly string[] {
    const { errors, improved, rubric, suggestions, uncertain } = report;
    if (uncertain) return ['  feedback  too unclear to judge'];
    const marks = Object.entries(rubric ?? {}).flatMap(([name, score]) =>
      score === null ? [] : [`${name} ${Math.round(score)}`],
    );
    return [
      ...errors.map(({ text, correction, rule }) => `  mistake   ${text} → ${correction} (${rule})`),
      ...suggestions.map((suggestion) => `  hint      ${suggestion}`),
      ...(errors.length > 0 ? [`  better    ${improved}`] : []),
      `  feedback  ${marks.join(' · ')} (of 100) by ${report.model}`,
    ];
  }

  private replied({ corrections, degraded, model }: EventOf<'TurnReplied'>): readonly string[] {
    return [
      ...degraded.map(({ from, to, reason }) => `  fallback  ${to} instead of ${from} (${reason})`),
      ...corrections.map(
        ({ message, suggestions }) =>
          `  remark    ${message}${suggestions.length > 0 ? ` → ${suggestions.slice(0, 3).join(', ')}` : ''}`,
      ),
      `  answered by ${model}`,
    ];
  }
}

function seconds(value: number): string {
  return `${value.toFixed(2)} s`;
}
