import type { OrderStatus } from '../api/types';
import { statusWords } from './status';

export function StatusBadge({ status }: { status: OrderStatus }) {
  return <span className={`status status-${status.toLowerCase()}`}>{statusWords[status].word}</span>;
}
