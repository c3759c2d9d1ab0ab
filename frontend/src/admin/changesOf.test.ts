import { expect, it } from 'vitest';
import { changesOf } from './changesOf';

const values = { description: 'A chair', price: '19.99', categories: ['furniture'] };

it('given a form of which some was touched, when it is saved, then only that is sent', () => {
  expect(changesOf(values, {})).toEqual({});
  expect(changesOf(values, { price: true })).toEqual({ price: 19.99 });
  expect(changesOf(values, { description: true, categories: [true] })).toEqual({
    description: 'A chair',
    categories: ['furniture'],
  });
});
