import type { Column } from '../report/table.ts';

/** Whether an account is active, else why not. */
export const stateColumn: Column<{ active: number; inactive_reason: string | null }> = {
  title: 'state',
  text: (user) => (user.active ? 'active' : (user.inactive_reason ?? 'inactive')),
  style: (user) => (user.active ? undefined : 'yellow'),
  whole: true,
};
