import type { OrderStatus } from '../api/types';
import { statusText } from './status';

export function StatusBadge({ status }: { status: OrderStatus }) {
  return <span className={`status status-${status.toLowerCase()}`}>{statusText(status).label}</span>;
}
