/** Where frames begin in a program that needs no session of its own. */

import type { DataFrame } from './frame.ts';
import { defaultSession, type Session, type WarcRecord } from './session.ts';

/** See `Session.readParquet`. */
export const readParquet = <S = any>(...given: Parameters<Session['readParquet']>): Promise<DataFrame<S>> =>
  defaultSession().readParquet(...given);
/** See `Session.readCsv`. */
export const readCsv = <S = any>(...given: Parameters<Session['readCsv']>): Promise<DataFrame<S>> =>
  defaultSession().readCsv(...given);
/** See `Session.readJson`. */
export const readJson = <S = any>(...given: Parameters<Session['readJson']>): Promise<DataFrame<S>> =>
  defaultSession().readJson(...given);
/** See `Session.readArrow`. */
export const readArrow = <S = any>(...given: Parameters<Session['readArrow']>): Promise<DataFrame<S>> =>
  defaultSession().readArrow(...given);
/** See `Session.readText`. */
export const readText = <S = { text: string }>(...given: Parameters<Session['readText']>): Promise<DataFrame<S>> =>
  defaultSession().readText(...given);
/** See `Session.readWarc`. */
export const readWarc = <S = WarcRecord>(...given: Parameters<Session['readWarc']>): Promise<DataFrame<S>> =>
  defaultSession().readWarc(...given);
/** See `Session.fromRows`. */
export const fromRows: Session['fromRows'] = (rows: Parameters<Session['fromRows']>[0], options = {}) =>
  defaultSession().fromRows(rows, options);
/** See `Session.fromColumns`. */
export const fromColumns: Session['fromColumns'] = (columns: Parameters<Session['fromColumns']>[0], options = {}) =>
  defaultSession().fromColumns(columns, options);
/** See `Session.fromArrow`. */
export const fromArrow: Session['fromArrow'] = (...given) => defaultSession().fromArrow(...given);
/** See `Session.range`. */
export const range: Session['range'] = (...given) => defaultSession().range(...given);
