import { expect, it } from 'vitest';
import { changedFields } from './changedFields';

const values = { description: 'A chair', price: '19.99', categories: ['furniture'] };

it('given a form with edited fields, when it is saved, then only those are sent', () => {
  expect(changedFields(values, {})).toEqual({});
  expect(changedFields(values, { price: true })).toEqual({ price: 19.99 });
  expect(changedFields(values, { description: true, categories: [true] })).toEqual({
    description: 'A chair',
    categories: ['furniture'],
  });
});
