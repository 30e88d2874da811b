/** An independent speaking task: a question on a familiar topic, answered from one's own experience. */
export interface ExamPrompt {
  /** Stays what it is: users' histories name it. */
  readonly id: string;
  readonly topic: string;
  /** Level of the Common European Framework at which the question can be answered well. */
  readonly level: 'A2' | 'B1' | 'B2' | 'C1';
  readonly question: string;
  readonly preparationSeconds: number;
  readonly speakingSeconds: number;
  /** Part of a good answer, for those whose own needs no correction. */
  readonly example: string;
}

const TIMES = { preparationSeconds: 15, speakingSeconds: 45 } as const;
/** Easier questions leave more time to think. */
const LONG_PREPARATION = { preparationSeconds: 30, speakingSeconds: 45 } as const;
/** Harder ones ask for a longer answer. */
const LONG_ANSWER = { preparationSeconds: 20, speakingSeconds: 60 } as const;

/** The exam's independent tasks, written for Parlance. Neighbours differ in topic. */
export const EXAM_PROMPTS: readonly ExamPrompt[] = [
  {
    id: 'home-room',
    topic: 'Home',
    level: 'A2',
    ...LONG_PREPARATION,
    question:
      'Describe the room in your home where you spend the most time. What makes it a good place for you?',
    example:
      'I spend most of my time in the kitchen. It is small but bright, and my family always meets there in the evening. We cook together, so it is the warmest room in every sense.',
  },
  {
    id: 'study-alone',
    topic: 'Studying',
    level: 'B1',
    ...TIMES,
    question:
      'Some students like to study alone. Others prefer to study in a group. Which do you prefer, and why?',
    example:
      'I prefer to study alone. First, I can go at my own speed and repeat what I find difficult. Second, when friends join me we soon begin to chat, and an hour is gone before we open a book.',
  },
  {
    id: 'travel-plan',
    topic: 'Travel',
    level: 'B1',
    ...TIMES,
    question:
      'Do you like to plan a trip in every detail, or do you prefer to decide things along the way? Explain why.',
    example:
      'I prefer to decide along the way. On my last trip a man on the bus told me about a village festival, and because I had no plan, I could go. It became the best day of the whole journey.',
  },
  {
    id: 'work-home',
    topic: 'Work',
    level: 'B2',
    ...TIMES,
    question:
      'Do you agree or disagree that people get more done when they work from home? Use reasons and examples.',
    example:
      'I agree, as long as the work needs concentration. At home nobody interrupts me, and I save two hours of travel every day. For meetings, however, nothing replaces sitting at one table.',
  },
  {
    id: 'food-change',
    topic: 'Food',
    level: 'A2',
    ...LONG_PREPARATION,
    question:
      'Talk about a dish from your country that visitors should try. What is it, and when do people eat it?',
    example:
      'Visitors should try our bean soup. It is cooked slowly with smoked meat and fresh herbs. People eat it on cold Sundays, when the whole family comes together.',
  },
  {
    id: 'phone-class',
    topic: 'Technology',
    level: 'B2',
    ...TIMES,
    question:
      'Some schools forbid mobile phones in class. Others let students use them to learn. Which do you think is better, and why?',
    example:
      'I think phones should stay out of class. Even a silent message takes away your attention for minutes. Teachers can offer shared tablets when a lesson really needs a screen.',
  },
  {
    id: 'friend-quality',
    topic: 'People',
    level: 'B1',
    ...TIMES,
    question: 'What is the most important quality of a good friend? Give an example from your own life.',
    example:
      'For me it is honesty. When I wanted to leave university after one bad exam, my friend told me plainly that I was running away. It hurt, but she was right, and I stayed.',
  },
  {
    id: 'city-country',
    topic: 'Living',
    level: 'B1',
    ...TIMES,
    question: 'Would you rather live in a big city or in the countryside? Explain your choice.',
    example:
      'I would rather live in the countryside. The air is clean and neighbours know each other. I would miss the theatres, but a train takes me to the city whenever I like.',
  },
  {
    id: 'history-visit',
    topic: 'History',
    level: 'C1',
    ...LONG_ANSWER,
    question:
      'Old buildings are expensive to keep. Should a city protect them, or make room for new ones? Defend your view.',
    example:
      'A city should protect the buildings that tell its story, and be bold about the rest. Once an old market hall is gone, no money brings it back, whereas an ordinary office block can always be rebuilt better.',
  },
  {
    id: 'morning-evening',
    topic: 'Daily life',
    level: 'A2',
    ...LONG_PREPARATION,
    question: 'Are you a morning person or an evening person? Describe what you do at your best time of day.',
    example:
      'I am a morning person. I get up at six, make coffee and read for half an hour. The house is quiet then, and I do my most difficult work before breakfast.',
  },
  {
    id: 'university-sport',
    topic: 'Sport',
    level: 'B2',
    ...TIMES,
    question:
      'Do you agree or disagree that every university student should have to take part in a sport? Give your reasons.',
    example:
      'I disagree. Sport is healthy, but people keep doing what they choose freely. A university should offer many kinds of sport at no cost, and then trust its students to find one they enjoy.',
  },
  {
    id: 'money-save',
    topic: 'Money',
    level: 'B1',
    ...TIMES,
    question: 'When you get some extra money, do you prefer to save it or to spend it? Explain why.',
    example:
      'I usually save it. Last year my laptop broke in the middle of the exams, and because I had savings I could buy another one the same day. That calm is worth more to me than new shoes.',
  },
  {
    id: 'book-film',
    topic: 'Culture',
    level: 'B1',
    ...TIMES,
    question: 'Do you prefer to read a story as a book or to watch it as a film? Use details to explain.',
    example:
      'I prefer the book. When I read, the faces and places are mine, and I can stop to think. A film of two hours has to leave out exactly the small scenes that I love.',
  },
  {
    id: 'teacher-remember',
    topic: 'School',
    level: 'B1',
    ...TIMES,
    question: 'Describe a teacher who changed how you think about a subject. What did this teacher do?',
    example:
      'My physics teacher changed everything for me. He never began with a formula. He dropped two balls from the roof, asked us what we saw, and we found the rule ourselves.',
  },
  {
    id: 'advert-children',
    topic: 'Media',
    level: 'C1',
    ...LONG_ANSWER,
    question:
      'Should companies be allowed to advertise directly to children? State your opinion and support it.',
    example:
      'They should not. Young children cannot yet tell a story from an attempt to sell something, so the advertiser has an unfair advantage. Parents can judge an offer; let the companies convince them instead.',
  },
  {
    id: 'pet-good',
    topic: 'Animals',
    level: 'A2',
    ...LONG_PREPARATION,
    question: 'Is it a good idea for a family to have a pet? Say why or why not.',
    example:
      'Yes, I think it is. Children learn to care for someone every day, even when they are tired. When I was small our dog was the first one I told my secrets to.',
  },
  {
    id: 'learn-mistakes',
    topic: 'Learning',
    level: 'B2',
    ...TIMES,
    question:
      'Some people say that we learn more from our mistakes than from our successes. Do you agree? Give an example.',
    example:
      'I agree. When my first presentation went badly I had to ask myself why, and I found out that I had never practised aloud. A lucky success would have taught me nothing.',
  },
  {
    id: 'transport-free',
    topic: 'Transport',
    level: 'B2',
    ...TIMES,
    question: 'Should public transport in cities be free for everyone? Explain your opinion.',
    example:
      'I believe it should be cheap rather than free. A small price keeps people from riding one stop instead of walking, and the money buys more buses, which is what makes people leave their cars.',
  },
  {
    id: 'gift-made',
    topic: 'Customs',
    level: 'A2',
    ...LONG_PREPARATION,
    question: 'Tell about a present you gave or received that you still remember. Why was it special?',
    example:
      'My grandfather gave me his old watch. It was not expensive, but he had worn it for forty years. When I look at it, I remember how he taught me to tell the time.',
  },
  {
    id: 'team-leader',
    topic: 'Work',
    level: 'C1',
    ...LONG_ANSWER,
    question:
      'What makes a good leader of a team: deep knowledge of the work, or skill in dealing with people? Argue for one.',
    example:
      'Skill in dealing with people matters more. A leader can borrow knowledge by asking the right expert, but nobody else can build the trust in which experts dare to say that a plan is wrong.',
  },
  {
    id: 'weather-mood',
    topic: 'Nature',
    level: 'A2',
    ...LONG_PREPARATION,
    question: 'What is your favourite season? Describe what you do in it.',
    example:
      'My favourite season is autumn. The forest near our town turns red and yellow, and my brother and I go there to look for mushrooms. Afterwards we are cold and very happy.',
  },
  {
    id: 'online-shop',
    topic: 'Shopping',
    level: 'B1',
    ...TIMES,
    question: 'Do you prefer to buy things online or in a shop? Give reasons and details.',
    example:
      'For clothes I prefer a shop, because I want to feel the material and see the colour in daylight. For books I go online, since I know exactly what I want.',
  },
  {
    id: 'volunteer-must',
    topic: 'Society',
    level: 'C1',
    ...LONG_ANSWER,
    question:
      'Some countries ask young people to do a year of community service. Would this be good for your country? Explain.',
    example:
      'It would, provided that there is a real choice of work. A year in a hospital or a forest brings together people who would never meet. If it becomes cheap labour, though, it teaches only resentment.',
  },
  {
    id: 'music-work',
    topic: 'Music',
    level: 'B1',
    ...TIMES,
    question: 'Do you listen to music while you study or work? Explain why it helps or disturbs you.',
    example:
      'I listen to music without words, mostly piano. It hides the noise of the street and tells my mind that it is time to work. Songs with lyrics, on the other hand, make me sing.',
  },
  {
    id: 'skill-teach',
    topic: 'Learning',
    level: 'B1',
    ...TIMES,
    question: 'What is one skill that every school should teach but most do not? Explain why.',
    example:
      'Every school should teach how to cook. It joins science, planning and health in one lesson, and it saves money for the rest of your life. I learned it only when I left home and was hungry.',
  },
  {
    id: 'news-source',
    topic: 'Media',
    level: 'B2',
    ...TIMES,
    question:
      'Today many people get their news from social media. Is this a positive or a negative development? Explain.',
    example:
      'On the whole it is negative. What I see there is chosen because it makes me angry, not because it is important. I read one newspaper in the morning and stay calmer all day.',
  },
  {
    id: 'job-change',
    topic: 'Career',
    level: 'B2',
    ...TIMES,
    question: 'Is it better to stay in one job for many years or to change jobs often? Support your choice.',
    example:
      'In the first ten years I would change often, because each company shows you another way to work. Later it pays to stay, since great projects take longer than two years.',
  },
  {
    id: 'park-factory',
    topic: 'Living',
    level: 'B2',
    ...TIMES,
    question:
      'Your town has an empty piece of land. Should it become a park or a shopping centre? Give reasons for your choice.',
    example:
      'It should become a park. We have three shopping centres already, and on hot days there is no shade to sit in. A park costs little, and it serves children and old people alike.',
  },
  {
    id: 'sleep-health',
    topic: 'Health',
    level: 'B1',
    ...TIMES,
    question: 'What do you do to stay healthy? Describe one habit and how it helps you.',
    example:
      'I walk to work, which takes forty minutes. When I arrive I am awake, and on the way back I leave my worries on the road. Since I began, I sleep much better.',
  },
  {
    id: 'robot-trust',
    topic: 'Technology',
    level: 'C1',
    ...LONG_ANSWER,
    question:
      'Would you accept medical advice from a computer program instead of a doctor? Explain where you would draw the line.',
    example:
      'I would accept it for questions with a clear answer, such as whether two medicines go together. But when a decision depends on how I want to live, I need someone who can listen and take responsibility.',
  },
  {
    id: 'language-why',
    topic: 'Languages',
    level: 'A2',
    ...LONG_PREPARATION,
    question: 'Why are you learning English? Say what you want to do with it.',
    example:
      'I am learning English because I want to study abroad. My dream is to become a marine biologist, and most of the books and all the ships I know of speak English.',
  },
  {
    id: 'gap-year',
    topic: 'University',
    level: 'B2',
    ...TIMES,
    question:
      'Some students begin university right after school. Others take a year off first. Which is better, in your opinion?',
    example:
      'A year off is better if you use it. I worked in a bakery for eight months, and I learned what tired feet are. When I sat in my first lecture I knew why I was there.',
  },
  {
    id: 'neighbour-help',
    topic: 'People',
    level: 'B1',
    ...TIMES,
    question: 'Describe a time when someone you hardly knew helped you. What happened?',
    example:
      'Last winter my car stopped on a mountain road. A lorry driver pulled over, warmed the battery and followed me down to the valley. I do not even know his name.',
  },
  {
    id: 'art-fund',
    topic: 'Culture',
    level: 'C1',
    ...LONG_ANSWER,
    question:
      'Should the state pay for art that only a few people like? Give your opinion and answer one objection to it.',
    example:
      'It should, within reason. What only a few understand today is often what everybody sings in thirty years. One may object that taxes belong to all, yet so do libraries, and not everyone reads.',
  },
];
