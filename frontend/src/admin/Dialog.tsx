import type { ReactNode } from 'react';
import Button from 'react-bootstrap/Button';
import Modal from 'react-bootstrap/Modal';
import { FormError } from '../forms/FormError';
import type { useApiForm } from '../forms/useApiForm';

type Props = {
  title: string;
  action: string;
  form: Pick<ReturnType<typeof useApiForm>, 'error' | 'isDirty' | 'isSubmitting' | 'onSubmit'>;
  close: () => void;
  children: ReactNode;
};

/** A modal form. Once it is dirty, Escape and a click outside do not close it, so that no input is lost. */
export function Dialog({ title, action, form, close, children }: Props) {
  return (
    <Modal
      show
      onHide={close}
      backdrop={form.isDirty ? 'static' : true}
      keyboard={!form.isDirty}
      centered
      animation={false}
      aria-labelledby="dialog-title"
      scrollable={false}
    >
      <form noValidate onSubmit={form.onSubmit}>
        <Modal.Header closeButton closeLabel="Close">
          <Modal.Title id="dialog-title" as="h2">
            {title}
          </Modal.Title>
        </Modal.Header>
        <Modal.Body className="form">
          <FormError message={form.error} />
          {children}
        </Modal.Body>
        <Modal.Footer>
          <Button variant="secondary" onClick={close}>
            Cancel
          </Button>
          <Button type="submit" disabled={form.isSubmitting}>
            {form.isSubmitting ? 'Saving…' : action}
          </Button>
        </Modal.Footer>
      </form>
    </Modal>
  );
}
