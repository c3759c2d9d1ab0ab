import type { ReactNode, SubmitEvent } from 'react';
import Button from 'react-bootstrap/Button';
import Modal from 'react-bootstrap/Modal';

type Props = {
  title: string;
  action: string;
  isBusy: boolean;
  /** Something has been typed, which a slip beside the dialog must not lose. */
  isDirty: boolean;
  submit: (event: SubmitEvent<HTMLFormElement>) => void;
  close: () => void;
  children: ReactNode;
};

/** A form on top of the page. */
export function Dialog({ title, action, isBusy, isDirty, submit, close, children }: Props) {
  return (
    <Modal
      show
      onHide={close}
      backdrop={isDirty ? 'static' : true}
      keyboard={!isDirty}
      centered
      animation={false}
      aria-labelledby="dialog-title"
      scrollable={false}
    >
      <form noValidate onSubmit={submit}>
        <Modal.Header closeButton closeLabel="Close">
          <Modal.Title id="dialog-title" as="h2">
            {title}
          </Modal.Title>
        </Modal.Header>
        <Modal.Body className="form">{children}</Modal.Body>
        <Modal.Footer>
          <Button variant="secondary" onClick={close}>
            Cancel
          </Button>
          <Button type="submit" disabled={isBusy}>
            {isBusy ? 'Saving…' : action}
          </Button>
        </Modal.Footer>
      </form>
    </Modal>
  );
}
