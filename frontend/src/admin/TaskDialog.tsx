import { CreateProductDialog } from './CreateProductDialog';
import { EditProductDialog } from './EditProductDialog';
import { RestockDialog } from './RestockDialog';
import type { Task } from './task';

export default function TaskDialog({ task, close }: { task: Task; close: () => void }) {
  switch (task.kind) {
    case 'create':
      return <CreateProductDialog close={close} />;
    case 'edit':
      return <EditProductDialog product={task.product} close={close} />;
    case 'restock':
      return <RestockDialog product={task.product} close={close} />;
  }
}
