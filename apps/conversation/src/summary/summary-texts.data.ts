/** The parts of a closing summary, in the order in which they stand. */
export const SUMMARY_PARTS = ['phrases', 'grammar', 'speech', 'next'] as const;
export type SummaryPart = (typeof SUMMARY_PARTS)[number];

/** What the built-in summary says in one language. Words in braces are filled in. */
export interface SummaryTexts {
  readonly title: string;
  readonly headings: Readonly<Record<SummaryPart, string>>;
  readonly nothingSaid: string;
  readonly noErrors: string;
  readonly pace: string;
  readonly fluency: string;
  readonly longestPause: string;
  readonly unclear: string;
  readonly notMeasured: string;
  readonly repeatCorrections: string;
  readonly pauseLess: string;
  readonly slower: string;
  readonly saySoundly: string;
  readonly longer: string;
  readonly goOn: string;
}

const en: SummaryTexts = {
  title: 'Conversation in {language}',
  headings: {
    phrases: 'Key phrases',
    grammar: 'Grammar and corrections',
    speech: 'Pronunciation and fluency',
    next: 'Next steps',
  },
  nothingSaid: 'Nothing was said in this session.',
  noErrors: 'No mistakes were found.',
  pace: 'Pace: {wpm} words a minute.',
  fluency: 'Fluency: {score} of 100.',
  longestPause: 'Longest pause: {seconds} s.',
  unclear: 'Understood with little certainty: {quotes}. Say these words slowly and clearly.',
  notMeasured: 'Nothing was measured, for nothing was recognised from speech.',
  repeatCorrections: 'Say the {count} corrected sentences aloud.',
  pauseLess: 'Plan a sentence before you begin it, to pause less.',
  slower: 'Speak a little more slowly.',
  saySoundly: 'Record the unclear words and listen to yourself.',
  longer: 'Try longer answers: say also why, when or with whom.',
  goOn: 'Use the key phrases in another conversation.',
};

const de: SummaryTexts = {
  title: 'Gespräch auf {language}',
  headings: {
    phrases: 'Wichtige Wendungen',
    grammar: 'Grammatik und Korrekturen',
    speech: 'Aussprache und Redefluss',
    next: 'Nächste Schritte',
  },
  nothingSaid: 'In dieser Sitzung wurde nichts gesagt.',
  noErrors: 'Es wurden keine Fehler gefunden.',
  pace: 'Sprechtempo: {wpm} Wörter pro Minute.',
  fluency: 'Redefluss: {score} von 100.',
  longestPause: 'Längste Pause: {seconds} s.',
  unclear: 'Nicht sicher verstanden: {quotes}. Sprechen Sie diese Wörter langsam und deutlich.',
  notMeasured: 'Es wurde nichts gemessen, denn es wurde keine Sprache erkannt.',
  repeatCorrections: 'Sprechen Sie die {count} korrigierten Sätze laut.',
  pauseLess: 'Überlegen Sie sich den Satz, bevor Sie beginnen, um weniger zu pausieren.',
  slower: 'Sprechen Sie etwas langsamer.',
  saySoundly: 'Nehmen Sie die undeutlichen Wörter auf und hören Sie sich an.',
  longer: 'Antworten Sie ausführlicher: Sagen Sie auch, warum, wann oder mit wem.',
  goOn: 'Verwenden Sie die wichtigen Wendungen in einem weiteren Gespräch.',
};

const es: SummaryTexts = {
  title: 'Conversación en {language}',
  headings: {
    phrases: 'Frases clave',
    grammar: 'Gramática y correcciones',
    speech: 'Pronunciación y fluidez',
    next: 'Próximos pasos',
  },
  nothingSaid: 'No se dijo nada en esta sesión.',
  noErrors: 'No se encontraron errores.',
  pace: 'Ritmo: {wpm} palabras por minuto.',
  fluency: 'Fluidez: {score} de 100.',
  longestPause: 'Pausa más larga: {seconds} s.',
  unclear: 'Entendido con poca seguridad: {quotes}. Diga estas palabras despacio y con claridad.',
  notMeasured: 'No se midió nada, porque no se reconoció voz.',
  repeatCorrections: 'Diga en voz alta las {count} frases corregidas.',
  pauseLess: 'Piense la frase antes de empezarla, para hacer menos pausas.',
  slower: 'Hable un poco más despacio.',
  saySoundly: 'Grabe las palabras poco claras y escúchese.',
  longer: 'Dé respuestas más largas: diga también por qué, cuándo o con quién.',
  goOn: 'Use las frases clave en otra conversación.',
};

const fr: SummaryTexts = {
  title: 'Conversation en {language}',
  headings: {
    phrases: 'Phrases clés',
    grammar: 'Grammaire et corrections',
    speech: 'Prononciation et aisance',
    next: 'Prochaines étapes',
  },
  nothingSaid: 'Rien n’a été dit pendant cette session.',
  noErrors: 'Aucune faute n’a été trouvée.',
  pace: 'Débit : {wpm} mots par minute.',
  fluency: 'Aisance : {score} sur 100.',
  longestPause: 'Pause la plus longue : {seconds} s.',
  unclear: 'Compris avec peu de certitude : {quotes}. Dites ces mots lentement et clairement.',
  notMeasured: 'Rien n’a été mesuré, car aucune voix n’a été reconnue.',
  repeatCorrections: 'Dites à voix haute les {count} phrases corrigées.',
  pauseLess: 'Préparez la phrase avant de la commencer, pour faire moins de pauses.',
  slower: 'Parlez un peu plus lentement.',
  saySoundly: 'Enregistrez les mots peu clairs et écoutez-vous.',
  longer: 'Répondez plus longuement : dites aussi pourquoi, quand ou avec qui.',
  goOn: 'Employez les phrases clés dans une autre conversation.',
};

const it: SummaryTexts = {
  title: 'Conversazione in {language}',
  headings: {
    phrases: 'Frasi chiave',
    grammar: 'Grammatica e correzioni',
    speech: 'Pronuncia e scioltezza',
    next: 'Prossimi passi',
  },
  nothingSaid: 'In questa sessione non è stato detto nulla.',
  noErrors: 'Non sono stati trovati errori.',
  pace: 'Ritmo: {wpm} parole al minuto.',
  fluency: 'Scioltezza: {score} su 100.',
  longestPause: 'Pausa più lunga: {seconds} s.',
  unclear: 'Capito con poca certezza: {quotes}. Dica queste parole lentamente e chiaramente.',
  notMeasured: 'Non è stato misurato nulla, perché non è stata riconosciuta alcuna voce.',
  repeatCorrections: 'Dica ad alta voce le {count} frasi corrette.',
  pauseLess: 'Prepari la frase prima di iniziarla, per fare meno pause.',
  slower: 'Parli un po’ più lentamente.',
  saySoundly: 'Registri le parole poco chiare e si riascolti.',
  longer: 'Dia risposte più lunghe: dica anche perché, quando o con chi.',
  goOn: 'Usi le frasi chiave in un’altra conversazione.',
};

const pt: SummaryTexts = {
  title: 'Conversa em {language}',
  headings: {
    phrases: 'Frases-chave',
    grammar: 'Gramática e correções',
    speech: 'Pronúncia e fluência',
    next: 'Próximos passos',
  },
  nothingSaid: 'Nada foi dito nesta sessão.',
  noErrors: 'Não foram encontrados erros.',
  pace: 'Ritmo: {wpm} palavras por minuto.',
  fluency: 'Fluência: {score} de 100.',
  longestPause: 'Pausa mais longa: {seconds} s.',
  unclear: 'Entendido com pouca certeza: {quotes}. Diga estas palavras devagar e com clareza.',
  notMeasured: 'Nada foi medido, pois nenhuma fala foi reconhecida.',
  repeatCorrections: 'Diga em voz alta as {count} frases corrigidas.',
  pauseLess: 'Planeje a frase antes de começá-la, para fazer menos pausas.',
  slower: 'Fale um pouco mais devagar.',
  saySoundly: 'Grave as palavras pouco claras e ouça-se.',
  longer: 'Dê respostas mais longas: diga também por quê, quando ou com quem.',
  goOn: 'Use as frases-chave em outra conversa.',
};

const ru: SummaryTexts = {
  title: 'Разговор, язык: {language}',
  headings: {
    phrases: 'Ключевые фразы',
    grammar: 'Грамматика и исправления',
    speech: 'Произношение и беглость',
    next: 'Следующие шаги',
  },
  nothingSaid: 'В этой сессии ничего не было сказано.',
  noErrors: 'Ошибок не найдено.',
  pace: 'Темп: {wpm} слов в минуту.',
  fluency: 'Беглость: {score} из 100.',
  longestPause: 'Самая длинная пауза: {seconds} с.',
  unclear: 'Распознано неуверенно: {quotes}. Произносите эти слова медленно и чётко.',
  notMeasured: 'Ничего не измерено: речь не была распознана.',
  repeatCorrections: 'Произнесите вслух исправленные предложения ({count}).',
  pauseLess: 'Продумайте предложение, прежде чем начать, чтобы меньше останавливаться.',
  slower: 'Говорите немного медленнее.',
  saySoundly: 'Запишите неясные слова и послушайте себя.',
  longer: 'Отвечайте подробнее: скажите также, почему, когда или с кем.',
  goOn: 'Используйте ключевые фразы в другом разговоре.',
};

const zh: SummaryTexts = {
  title: '{language}对话',
  headings: { phrases: '关键短语', grammar: '语法与纠正', speech: '发音与流利度', next: '下一步' },
  nothingSaid: '这次会话中没有说话。',
  noErrors: '没有发现错误。',
  pace: '语速：每分钟 {wpm} 个词。',
  fluency: '流利度：{score}（满分 100）。',
  longestPause: '最长停顿：{seconds} 秒。',
  unclear: '识别不太确定：{quotes}。请慢慢地、清楚地说这些词。',
  notMeasured: '没有识别到语音，因此没有测量。',
  repeatCorrections: '大声读出 {count} 个改正后的句子。',
  pauseLess: '开口前先想好句子，减少停顿。',
  slower: '请说得慢一点。',
  saySoundly: '把不清楚的词录下来听一听。',
  longer: '试着回答得更长：说说为什么、什么时候、和谁。',
  goOn: '在另一次对话中使用这些关键短语。',
};

const ja: SummaryTexts = {
  title: '{language}の会話',
  headings: { phrases: '重要な表現', grammar: '文法と訂正', speech: '発音と流暢さ', next: '次のステップ' },
  nothingSaid: 'このセッションでは何も話されませんでした。',
  noErrors: '間違いは見つかりませんでした。',
  pace: '話す速さ：毎分 {wpm} 語。',
  fluency: '流暢さ：100 点中 {score} 点。',
  longestPause: '最も長い間：{seconds} 秒。',
  unclear: '認識が不確かな語：{quotes}。ゆっくりはっきり言ってみましょう。',
  notMeasured: '音声が認識されなかったため、測定はありません。',
  repeatCorrections: '訂正された {count} 文を声に出して言いましょう。',
  pauseLess: '話し始める前に文を考えて、間を減らしましょう。',
  slower: 'もう少しゆっくり話しましょう。',
  saySoundly: '不明瞭な語を録音して聞いてみましょう。',
  longer: 'もっと長く答えましょう。理由、時、相手も言ってみましょう。',
  goOn: '重要な表現を別の会話で使いましょう。',
};

/** By ISO 639-1. In other languages the built-in summary is English, and so are the checker's explanations in every one. */
const TEXTS: ReadonlyMap<string, SummaryTexts> = new Map(
  Object.entries({ en, de, es, fr, it, pt, ru, zh, ja }),
);

/** The texts of a language, and which language they are in. @param tag  BCP 47; empty: not known */
export function summaryTexts(tag: string): { readonly language: string; readonly texts: SummaryTexts } {
  const language = tag.toLowerCase().split('-')[0] ?? '';
  const texts = TEXTS.get(language);
  return texts ? { language, texts } : { language: 'en', texts: en };
}

/** A text with its words in braces filled in. */
export function fillIn(text: string, values: Readonly<Record<string, string | number>>): string {
  return text.replace(/\{(\w+)\}/g, (whole, name: string) => String(values[name] ?? whole));
}
