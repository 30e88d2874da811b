import { plural, type Texts } from './texts.js';

export const ENGLISH: Texts = {
  languageName: 'English',
  commands: {
    task: 'the next speaking task',
    history: 'your answers so far',
    streak: 'days in a row',
    language: 'language of these messages',
    timezone: 'your time zone, for example /timezone Europe/Berlin',
    help: 'how this works',
    stop: 'delete your data and stop',
  },
  welcome:
    'Welcome! Here you practise the independent speaking tasks of English exams.\n\nI give you a question. You think for a moment and answer with a voice message. I tell you what I understood, how you spoke, what to say better, and read you an improved answer.\n\nSend /task to begin.',
  help: 'Send /task, think, then hold the microphone and answer in English. A voice message of up to two minutes is fine.',
  task: ({ topic, level, question, preparationSeconds, speakingSeconds }, { number, of }) =>
    `<b>Task ${number} of ${of}</b> · ${topic} · ${level}\n\n${question}\n\nPrepare for ${preparationSeconds} seconds, then speak for ${speakingSeconds} seconds. Answer with a voice message. /task gives you another one.`,
  noTaskYet: 'You have no task yet. Send /task, then answer with a voice message.',
  voiceWanted:
    'I need to listen to you: hold the microphone and answer with a voice message. /task shows a task, /help how this works.',
  forwarded: 'This is a forwarded message. Please record your own answer.',
  otherMedia:
    'I only understand voice messages. Please hold the microphone and record your answer; audio files and video messages do not count.',
  privateOnly: 'I practise with one person at a time. Please write to me in a private chat.',
  tooLong: (seconds) => `This message is too long. Please keep your answer below ${seconds} seconds.`,
  tooLarge: (megabytes) => `This file is too large. Voice messages up to ${megabytes} MB are fine.`,
  tooManyMessages: (seconds) =>
    `That is a lot of messages. Please wait ${plural(seconds, 'second', 'seconds')}.`,
  tooManyVoices: (perHour, minutes) =>
    `You have reached the ${perHour} answers of this hour. Take a break; in ${plural(minutes, 'minute', 'minutes')} we go on.`,
  busy: (seconds) =>
    `Many people practise just now. Please send your answer again in ${plural(seconds, 'second', 'seconds')}.`,
  nothingSaid: 'I could not make out any words. Please record your answer again, closer to the microphone.',
  audioUnreadable: 'I could not read this recording. Please record your answer again.',
  platformDown: (seconds) =>
    `I cannot work on your answer just now. Please send it again in about ${plural(seconds, 'second', 'seconds')}.`,
  failed: 'Something went wrong on my side. Please try again.',
  speechFailed: 'I cannot read the example aloud just now.',
  result: {
    score: (overall) => `Score: ${overall} of 100`,
    scores: { fluency: 'Fluency', pace: 'Pace', pauses: 'Pauses', soundQuality: 'Sound' },
    delivery: ({ wordsPerMinute, longestPause, spoken, allowed }) =>
      `${wordsPerMinute} words a minute, longest pause ${longestPause} s, ${spoken} of ${allowed} seconds used.`,
    tooShort: 'You have time for more: give a second reason or an example.',
    overTime: 'You spoke longer than the exam allows. Come to your point sooner.',
    understood: 'What I understood',
    offTopic: 'I could not quite follow your answer. Say your opinion first, then the reason.',
    rubric: 'In detail',
    corrections: 'Corrections',
    noCorrections: 'I found nothing to correct.',
    suggestions: 'Suggestions',
    improved: 'Your answer, improved',
    example: 'An example of how one could answer',
    next: 'Send another voice message to try again, or /task for the next task.',
  },
  history: {
    title: (page, pages) => `Your answers, page ${page} of ${pages}`,
    empty: 'No answers yet. Send /task to begin.',
    newer: '« newer',
    older: 'older »',
  },
  streak: ({ current, longest, isTodayDone }, timeZone) =>
    `<b>${plural(current, 'day', 'days')} in a row</b>, your longest run: ${longest}.\n${
      isTodayDone ? 'Today is done.' : 'Today is still open: /task'
    }\nDays are counted in ${timeZone}; /timezone changes that.`,
  timeZone: {
    set: (zone) => `Your days are counted in ${zone} from now on.`,
    ask: (zone) =>
      `Your days are counted in ${zone}. To change that, send for example\n<code>/timezone Europe/Berlin</code>`,
  },
  language: { ask: 'In which language shall I write to you?', set: 'I write to you in English from now on.' },
  stop: {
    ask: 'Shall I delete your answers, your history and your settings? This cannot be undone.',
    yes: 'Yes, delete',
    no: 'No, keep',
    done: 'Your data here is deleted. Send /start if you come back.',
    left: 'Nothing was deleted.',
  },
};
