/** Under which the queue has the job that forgets what an agent read. */
export const forgettingKey = (agentId: string): string => `forget:${agentId}`;
