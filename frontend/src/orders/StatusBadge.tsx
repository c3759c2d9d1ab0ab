import type { OrderStatus } from '../api/types';
import { statusLabels } from './status';

export function StatusBadge({ status }: { status: OrderStatus }) {
  return <span className={`status status-${status.toLowerCase()}`}>{statusLabels[status].label}</span>;
}
