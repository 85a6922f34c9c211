/**
 * All functions of the plan language, which are known once this file is loaded: what the reference and `millrace
 * functions` list, and whose examples are run as tests.
 */

import { ADDING_FUNCTIONS } from './adding-times.ts';
import { CODEC_FUNCTIONS } from './codecs.ts';
import { COUNT_MATCHES } from './count-matches.ts';
import { DATE_PART_FUNCTIONS } from './date-parts.ts';
import { EMBEDDING_FUNCTIONS } from './embeddings.ts';
import { FLOAT_FUNCTIONS } from './float-math.ts';
import type { FunctionDefinition } from './function-definition.ts';
import { HASH_FUNCTIONS } from './hashes.ts';
import { IDENTIFIER_FUNCTIONS } from './identifiers.ts';
import { JSON_FUNCTIONS } from './json.ts';
import { LENGTH_OF_TIME_FUNCTIONS } from './lengths-of-time.ts';
import { LIST_AGGREGATE_FUNCTIONS } from './list-aggregates.ts';
import { LIST_ITEM_FUNCTIONS } from './list-items.ts';
import { LIST_LAMBDA_FUNCTIONS } from './list-lambdas.ts';
import { LIST_MAKING_FUNCTIONS } from './list-making.ts';
import { MAKING_TIME_FUNCTIONS } from './making-times.ts';
import { PARTITION_TRANSFORM_FUNCTIONS } from './partition-transforms.ts';
import { REGEXP_FUNCTIONS } from './regexp.ts';
import { addFunctions } from './registry.ts';
import { ROUNDING_FUNCTIONS } from './rounding.ts';
import { SERIALIZATION_FUNCTIONS } from './serialization.ts';
import { SEVERAL_COLUMNS_FUNCTIONS } from './several-columns.ts';
import { STRUCT_AND_MAP_FUNCTIONS } from './structs-and-maps.ts';
import { TEXT_CASE_FUNCTIONS } from './text-case.ts';
import { TEXT_DISTANCE_FUNCTIONS } from './text-distance.ts';
import { TEXT_FORMATTING_FUNCTIONS } from './text-formatting.ts';
import { TEXT_JOINING_FUNCTIONS } from './text-joining.ts';
import { TEXT_LIKE_FUNCTIONS } from './text-like.ts';
import { TEXT_PADDING_FUNCTIONS } from './text-padding.ts';
import { TEXT_PART_FUNCTIONS } from './text-parts.ts';
import { TEXT_REWRITING_FUNCTIONS } from './text-rewriting.ts';
import { TEXT_SEARCH_FUNCTIONS } from './text-search.ts';
import { TEXT_TO_TIME_FUNCTIONS } from './text-to-time.ts';
import { TIME_CONVERSION_FUNCTIONS } from './time-conversions.ts';
import { TIME_DIFFERENCE_FUNCTIONS } from './time-differences.ts';
import { TIME_TO_TEXT_FUNCTIONS } from './time-to-text.ts';
import { TIME_ZONE_FUNCTIONS } from './time-zones.ts';
import { TRUNCATING_FUNCTIONS } from './truncating.ts';
import { URI_FUNCTIONS } from './uris.ts';
import { URL_FUNCTIONS } from './url-transfers.ts';
import { WHOLE_FUNCTIONS } from './whole-math.ts';

/** In the order of the reference. */
export const FUNCTION_DEFINITIONS: readonly FunctionDefinition[] = [
  ...TEXT_SEARCH_FUNCTIONS,
  COUNT_MATCHES,
  ...TEXT_LIKE_FUNCTIONS,
  ...TEXT_PART_FUNCTIONS,
  ...TEXT_JOINING_FUNCTIONS,
  ...TEXT_FORMATTING_FUNCTIONS,
  ...TEXT_PADDING_FUNCTIONS,
  ...TEXT_CASE_FUNCTIONS,
  ...TEXT_REWRITING_FUNCTIONS,
  ...TEXT_DISTANCE_FUNCTIONS,
  ...REGEXP_FUNCTIONS,
  ...DATE_PART_FUNCTIONS,
  ...TRUNCATING_FUNCTIONS,
  ...ADDING_FUNCTIONS,
  ...TIME_DIFFERENCE_FUNCTIONS,
  ...LENGTH_OF_TIME_FUNCTIONS,
  ...TIME_CONVERSION_FUNCTIONS,
  ...TIME_ZONE_FUNCTIONS,
  ...MAKING_TIME_FUNCTIONS,
  ...TIME_TO_TEXT_FUNCTIONS,
  ...TEXT_TO_TIME_FUNCTIONS,
  ...LIST_ITEM_FUNCTIONS,
  ...LIST_MAKING_FUNCTIONS,
  ...LIST_LAMBDA_FUNCTIONS,
  ...LIST_AGGREGATE_FUNCTIONS,
  ...STRUCT_AND_MAP_FUNCTIONS,
  ...JSON_FUNCTIONS,
  ...SERIALIZATION_FUNCTIONS,
  ...CODEC_FUNCTIONS,
  ...URI_FUNCTIONS,
  ...URL_FUNCTIONS,
  ...HASH_FUNCTIONS,
  ...PARTITION_TRANSFORM_FUNCTIONS,
  ...EMBEDDING_FUNCTIONS,
  ...ROUNDING_FUNCTIONS,
  ...FLOAT_FUNCTIONS,
  ...WHOLE_FUNCTIONS,
  ...SEVERAL_COLUMNS_FUNCTIONS,
  ...IDENTIFIER_FUNCTIONS,
];

addFunctions(FUNCTION_DEFINITIONS);
