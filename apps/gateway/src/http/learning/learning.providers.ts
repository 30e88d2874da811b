import type { Provider, Type } from '@nestjs/common';
import { ContestRequests } from './contest-requests.service.js';
import { ContestsController } from './contests.controller.js';
import { CourseRequests } from './course-requests.service.js';
import { CoursesController } from './courses.controller.js';
import { EnrolmentRequests } from './enrolment-requests.service.js';
import { EnrolmentsController } from './enrolments.controller.js';
import { ExamRequests } from './exam-requests.service.js';
import { ExamsController } from './exams.controller.js';
import { QuestionSetRequests } from './question-set-requests.service.js';
import { QuestionSetsController } from './question-sets.controller.js';
import { VocabularyRequests } from './vocabulary-requests.service.js';
import { StreakController, VocabularyController } from './vocabulary.controller.js';

/** Courses, enrolments and practice. */
export const LEARNING_CONTROLLERS: readonly Type[] = [
  CoursesController,
  EnrolmentsController,
  QuestionSetsController,
  VocabularyController,
  StreakController,
  ContestsController,
  ExamsController,
];

export const LEARNING_PROVIDERS: readonly Provider[] = [
  CourseRequests,
  EnrolmentRequests,
  QuestionSetRequests,
  VocabularyRequests,
  ContestRequests,
  ExamRequests,
];
