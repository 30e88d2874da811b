import { plural, type Texts } from './texts.js';

export const SPANISH: Texts = {
  languageName: 'Español',
  commands: {
    task: 'la siguiente tarea oral',
    history: 'tus respuestas hasta ahora',
    streak: 'días seguidos',
    language: 'idioma de estos mensajes',
    timezone: 'tu zona horaria, por ejemplo /timezone Europe/Madrid',
    help: 'cómo funciona',
    stop: 'borrar tus datos y terminar',
  },
  welcome:
    '¡Bienvenido! Aquí practicas las tareas orales independientes de los exámenes de inglés.\n\nTe hago una pregunta. Piensas un momento y respondes con un mensaje de voz. Te digo lo que entendí, cómo hablaste y qué puedes mejorar, y te leo una respuesta mejorada.\n\nEnvía /task para empezar.',
  help: 'Envía /task, piensa, mantén pulsado el micrófono y responde en inglés. Un mensaje de voz puede durar hasta dos minutos.',
  task: ({ topic, level, question, preparationSeconds, speakingSeconds }, { number, of }) =>
    `<b>Tarea ${number} de ${of}</b> · ${topic} · ${level}\n\n${question}\n\nPrepárate ${preparationSeconds} segundos y habla después ${speakingSeconds} segundos. Responde con un mensaje de voz. /task te da otra.`,
  noTaskYet: 'Todavía no tienes ninguna tarea. Envía /task y responde con un mensaje de voz.',
  voiceWanted:
    'Necesito escucharte: mantén pulsado el micrófono y responde con un mensaje de voz. /task muestra una tarea, /help explica cómo funciona.',
  forwarded: 'Este mensaje es reenviado. Por favor, graba tu propia respuesta.',
  otherMedia:
    'Solo entiendo mensajes de voz. Mantén pulsado el micrófono y graba tu respuesta; los archivos de audio y los videomensajes no cuentan.',
  privateOnly: 'Practico con una sola persona a la vez. Escríbeme en un chat privado.',
  tooLong: (seconds) =>
    `Este mensaje es demasiado largo. Tu respuesta debe durar menos de ${seconds} segundos.`,
  tooLarge: (megabytes) =>
    `Este archivo es demasiado grande. Los mensajes de voz pueden tener hasta ${megabytes} MB.`,
  tooManyMessages: (seconds) => `Son muchos mensajes. Espera ${plural(seconds, 'segundo', 'segundos')}.`,
  tooManyVoices: (perHour, minutes) =>
    `Has llegado a las ${perHour} respuestas de esta hora. Descansa; en ${plural(minutes, 'minuto', 'minutos')} seguimos.`,
  busy: (seconds) =>
    `Ahora practica mucha gente. Envía tu respuesta otra vez en ${plural(seconds, 'segundo', 'segundos')}.`,
  nothingSaid: 'No pude distinguir ninguna palabra. Graba tu respuesta otra vez, más cerca del micrófono.',
  audioUnreadable: 'No pude leer esta grabación. Graba tu respuesta otra vez.',
  platformDown: (seconds) =>
    `Ahora no puedo evaluar tu respuesta. Envíala otra vez dentro de unos ${plural(seconds, 'segundo', 'segundos')}.`,
  failed: 'Algo falló por mi parte. Inténtalo otra vez.',
  speechFailed: 'Ahora no puedo leer el ejemplo en voz alta.',
  result: {
    score: (overall) => `Resultado: ${overall} de 100`,
    scores: { fluency: 'Fluidez', pace: 'Ritmo', pauses: 'Pausas', soundQuality: 'Sonido' },
    delivery: ({ wordsPerMinute, longestPause, spoken, allowed }) =>
      `${wordsPerMinute} palabras por minuto, pausa más larga ${longestPause} s, ${spoken} de ${allowed} segundos usados.`,
    tooShort: 'Tienes tiempo para más: da una segunda razón o un ejemplo.',
    overTime: 'Hablaste más de lo que permite el examen. Ve antes al grano.',
    understood: 'Lo que entendí',
    offTopic: 'No pude seguir del todo tu respuesta. Di primero tu opinión y después la razón.',
    rubric: 'En detalle',
    corrections: 'Correcciones',
    noCorrections: 'No encontré nada que corregir.',
    suggestions: 'Sugerencias',
    improved: 'Tu respuesta, mejorada',
    example: 'Un ejemplo de cómo responder',
    next: 'Envía otro mensaje de voz para intentarlo de nuevo, o /task para la siguiente tarea.',
  },
  history: {
    title: (page, pages) => `Tus respuestas, página ${page} de ${pages}`,
    empty: 'Todavía no hay respuestas. Envía /task para empezar.',
    newer: '« más nuevas',
    older: 'más antiguas »',
  },
  streak: ({ current, longest, isTodayDone }, timeZone) =>
    `<b>${plural(current, 'día seguido', 'días seguidos')}</b>, tu racha más larga: ${longest}.\n${
      isTodayDone ? 'Hoy está hecho.' : 'Falta hoy: /task'
    }\nLos días se cuentan en ${timeZone}; /timezone lo cambia.`,
  timeZone: {
    set: (zone) => `Desde ahora tus días se cuentan en ${zone}.`,
    ask: (zone) =>
      `Tus días se cuentan en ${zone}. Para cambiarlo, envía por ejemplo\n<code>/timezone Europe/Madrid</code>`,
  },
  language: { ask: '¿En qué idioma te escribo?', set: 'Desde ahora te escribo en español.' },
  stop: {
    ask: '¿Borro tus respuestas, tu historial y tus ajustes? No se puede deshacer.',
    yes: 'Sí, borrar',
    no: 'No, conservar',
    done: 'Tus datos aquí están borrados. Envía /start si vuelves.',
    left: 'No se borró nada.',
  },
};
