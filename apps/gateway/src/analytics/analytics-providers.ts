import { AnalyticsRequests } from '../http/analytics-requests.service.js';
import { AnalyticsController, StateController } from '../http/analytics.controller.js';
import { ActivityReports } from './activity-reports.service.js';
import { UsageAnalytics } from './usage-analytics.service.js';

/** Routes of usage analytics and of the platform's state. */
export const ANALYTICS_CONTROLLERS = [AnalyticsController, StateController] as const;

/** What usage analytics is made of. */
export const ANALYTICS_PROVIDERS = [ActivityReports, UsageAnalytics, AnalyticsRequests] as const;
