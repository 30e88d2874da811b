import { plural, type Texts } from './texts.js';

export const GERMAN: Texts = {
  languageName: 'Deutsch',
  commands: {
    task: 'die nächste Sprechaufgabe',
    history: 'deine bisherigen Antworten',
    streak: 'Tage in Folge',
    language: 'Sprache dieser Nachrichten',
    timezone: 'deine Zeitzone, zum Beispiel /timezone Europe/Berlin',
    help: 'wie es geht',
    stop: 'deine Daten löschen und aufhören',
  },
  welcome:
    'Willkommen! Hier übst du die freien Sprechaufgaben von Englischprüfungen.\n\nIch stelle dir eine Frage. Du denkst kurz nach und antwortest mit einer Sprachnachricht. Ich sage dir, was ich verstanden habe, wie du gesprochen hast, was besser geht, und lese dir eine verbesserte Antwort vor.\n\nMit /task geht es los.',
  help: 'Schicke /task, denke nach, halte dann das Mikrofon gedrückt und antworte auf Englisch. Eine Sprachnachricht darf bis zu zwei Minuten dauern.',
  task: ({ topic, level, question, preparationSeconds, speakingSeconds }, { number, of }) =>
    `<b>Aufgabe ${number} von ${of}</b> · ${topic} · ${level}\n\n${question}\n\nBereite dich ${preparationSeconds} Sekunden vor und sprich dann ${speakingSeconds} Sekunden. Antworte mit einer Sprachnachricht. /task gibt dir eine andere.`,
  noTaskYet: 'Du hast noch keine Aufgabe. Schicke /task und antworte dann mit einer Sprachnachricht.',
  voiceWanted:
    'Ich muss dich hören: Halte das Mikrofon gedrückt und antworte mit einer Sprachnachricht. /task zeigt eine Aufgabe, /help erklärt, wie es geht.',
  forwarded: 'Diese Nachricht ist weitergeleitet. Bitte nimm deine eigene Antwort auf.',
  otherMedia:
    'Ich verstehe nur Sprachnachrichten. Bitte halte das Mikrofon gedrückt und nimm deine Antwort auf; Audiodateien und Videonachrichten zählen nicht.',
  privateOnly: 'Ich übe immer mit einer Person allein. Bitte schreibe mir in einem privaten Chat.',
  tooLong: (seconds) => `Diese Nachricht ist zu lang. Bitte bleibe unter ${seconds} Sekunden.`,
  tooLarge: (megabytes) => `Diese Datei ist zu groß. Sprachnachrichten bis ${megabytes} MB sind in Ordnung.`,
  tooManyMessages: (seconds) =>
    `Das sind viele Nachrichten. Bitte warte ${plural(seconds, 'Sekunde', 'Sekunden')}.`,
  tooManyVoices: (perHour, minutes) =>
    `Du hast die ${perHour} Antworten dieser Stunde erreicht. Mach eine Pause; in ${plural(minutes, 'Minute', 'Minuten')} geht es weiter.`,
  busy: (seconds) =>
    `Gerade üben viele. Bitte schicke deine Antwort in ${plural(seconds, 'Sekunde', 'Sekunden')} noch einmal.`,
  nothingSaid:
    'Ich konnte keine Wörter verstehen. Bitte nimm deine Antwort noch einmal auf, näher am Mikrofon.',
  audioUnreadable: 'Ich konnte diese Aufnahme nicht lesen. Bitte nimm deine Antwort noch einmal auf.',
  platformDown: (seconds) =>
    `Ich kann deine Antwort gerade nicht auswerten. Bitte schicke sie in etwa ${plural(seconds, 'Sekunde', 'Sekunden')} noch einmal.`,
  failed: 'Bei mir ist etwas schiefgegangen. Bitte versuche es noch einmal.',
  speechFailed: 'Ich kann das Beispiel gerade nicht vorlesen.',
  result: {
    score: (overall) => `Ergebnis: ${overall} von 100`,
    scores: { fluency: 'Flüssigkeit', pace: 'Tempo', pauses: 'Pausen', soundQuality: 'Ton' },
    delivery: ({ wordsPerMinute, longestPause, spoken, allowed }) =>
      `${wordsPerMinute} Wörter in der Minute, längste Pause ${longestPause} s, ${spoken} von ${allowed} Sekunden genutzt.`,
    tooShort: 'Du hast Zeit für mehr: Nenne einen zweiten Grund oder ein Beispiel.',
    overTime: 'Du hast länger gesprochen, als die Prüfung erlaubt. Komm früher zum Punkt.',
    understood: 'Was ich verstanden habe',
    offTopic: 'Ich konnte deiner Antwort nicht ganz folgen. Sage zuerst deine Meinung, dann den Grund.',
    rubric: 'Im Einzelnen',
    corrections: 'Verbesserungen',
    noCorrections: 'Ich habe nichts zu verbessern gefunden.',
    suggestions: 'Vorschläge',
    improved: 'Deine Antwort, verbessert',
    example: 'So könnte man antworten',
    next: 'Schicke eine weitere Sprachnachricht, um es noch einmal zu versuchen, oder /task für die nächste Aufgabe.',
  },
  history: {
    title: (page, pages) => `Deine Antworten, Seite ${page} von ${pages}`,
    empty: 'Noch keine Antworten. Mit /task geht es los.',
    newer: '« neuere',
    older: 'ältere »',
  },
  streak: ({ current, longest, isTodayDone }, timeZone) =>
    `<b>${plural(current, 'Tag', 'Tage')} in Folge</b>, deine längste Reihe: ${longest}.\n${
      isTodayDone ? 'Heute ist geschafft.' : 'Heute fehlt noch: /task'
    }\nDie Tage zählen in ${timeZone}; /timezone ändert das.`,
  timeZone: {
    set: (zone) => `Deine Tage zählen von nun an in ${zone}.`,
    ask: (zone) =>
      `Deine Tage zählen in ${zone}. Um das zu ändern, schicke zum Beispiel\n<code>/timezone Europe/Berlin</code>`,
  },
  language: {
    ask: 'In welcher Sprache soll ich dir schreiben?',
    set: 'Ich schreibe dir von nun an auf Deutsch.',
  },
  stop: {
    ask: 'Soll ich deine Antworten, deinen Verlauf und deine Einstellungen löschen? Das lässt sich nicht rückgängig machen.',
    yes: 'Ja, löschen',
    no: 'Nein, behalten',
    done: 'Deine Daten hier sind gelöscht. Schicke /start, wenn du wiederkommst.',
    left: 'Es wurde nichts gelöscht.',
  },
};
