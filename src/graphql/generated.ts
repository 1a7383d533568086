// Written by `npm run codegen` from schema/*.graphql. Do not edit.
import type { DeviceAddress } from '../domain/address.ts';
import type { GraphQLResolveInfo, GraphQLScalarType, GraphQLScalarTypeConfig } from 'graphql';
import type { VisibleTwinning, VisibleOtherDevice, VisibleDevice } from '../twinnings/visible.ts';
import type { Context } from './context.ts';
export type Maybe<T> = T | null;
export type InputMaybe<T> = Maybe<T>;
export type Omit<T, K extends keyof T> = Pick<T, Exclude<keyof T, K>>;
export type RequireFields<T, K extends keyof T> = Omit<T, K> & { [P in K]-?: NonNullable<T[P]> };
/** All built-in and custom scalars, mapped to their actual values */
export type Scalars = {
  ID: { input: string; output: string; }
  String: { input: string; output: string; }
  Boolean: { input: boolean; output: boolean; }
  Int: { input: number; output: number; }
  Float: { input: number; output: number; }
  /**
   * The address of a device: a `tel:`, `sip:`, `sips:` or `acr:` URI, in normal form: `tel:+1-555-0101` and
   * `tel:+15550101` are one address, and answers always give the latter.
   */
  DeviceAddress: { input: DeviceAddress; output: string; }
  /** An absolute URL (RFC 3986). */
  URL: { input: string; output: string; }
  _FieldSet: { input: unknown; output: unknown; }
};

/** What a Primary says when it takes up a twinning. */
export type ActivateTwinningInput = {
  /** The code that the Secondary shows, as a person typed it: white space around it does not matter. */
  activationCode: Scalars['String']['input'];
  /** The Primary. Without it: the device that the access token was issued to. */
  deviceAddress?: InputMaybe<Scalars['DeviceAddress']['input']>;
  /**
   * A second call by the same caller with the same key within 24 hours gets the first one's outcome, and the operator
   * sees one POST. The same key with another input is INVALID_INPUT. 1 to 128 characters.
   */
  idempotencyKey?: InputMaybe<Scalars['String']['input']>;
  /** For people, such as myWatch: 1 to 128 characters. */
  name?: InputMaybe<Scalars['String']['input']>;
};

/** The outcome of activateTwinning. */
export type ActivateTwinningPayload = {
  __typename?: 'ActivateTwinningPayload';
  /** The Primary's twinning, ON. */
  twinning?: Maybe<PrimaryTwinning>;
  /** What can be put right; empty on success. */
  userErrors: Array<UserError>;
};

/** Which twinning to remove. */
export type DeleteTwinningInput = {
  /** The twinning, from either end. */
  id: Scalars['ID']['input'];
};

/** The outcome of deleteTwinning. */
export type DeleteTwinningPayload = {
  __typename?: 'DeleteTwinningPayload';
  /** The id that leads nowhere now; null where nothing was removed. */
  deletedTwinningId?: Maybe<Scalars['ID']['output']>;
  /** What can be put right; empty on success. */
  userErrors: Array<UserError>;
};

/** A device that can take part in twinnings; other subgraphs join on its address. */
export type Device = {
  __typename?: 'Device';
  /** Its address, masked where it was reached through a twinning whose addresses are masked: that joins with nothing. */
  address: Scalars['DeviceAddress']['output'];
  /**
   * Its twinnings, in the operator's order. Null and an error where the caller may not read them (FORBIDDEN), where no
   * operator serves the device (BAD_USER_INPUT), or where its operator does not answer.
   */
  twinnings?: Maybe<TwinningConnection>;
};


/** A device that can take part in twinnings; other subgraphs join on its address. */
export type DeviceTwinningsArgs = {
  after?: InputMaybe<Scalars['String']['input']>;
  before?: InputMaybe<Scalars['String']['input']>;
  first?: InputMaybe<Scalars['Int']['input']>;
  last?: InputMaybe<Scalars['Int']['input']>;
  role?: InputMaybe<TwinningRole>;
  twinningStatus?: InputMaybe<TwinningStatus>;
};

/** Changing. What a person can put right is in `userErrors`; anything else is a GraphQL error. */
export type Mutation = {
  __typename?: 'Mutation';
  /** The Primary takes up a twinning with the code that the Secondary shows; both ends turn ON. */
  activateTwinning?: Maybe<ActivateTwinningPayload>;
  /** Removes a twinning. */
  deleteTwinning?: Maybe<DeleteTwinningPayload>;
  /** Gives a twinning another name. */
  renameTwinning?: Maybe<RenameTwinningPayload>;
  /** The Secondary asks for a twinning. The answer holds the activationCode that is typed on the Primary. */
  requestTwinning?: Maybe<RequestTwinningPayload>;
  /** Turns a twinning on or off. One that has that status already is answered as it is. */
  setTwinningStatus?: Maybe<SetTwinningStatusPayload>;
};


/** Changing. What a person can put right is in `userErrors`; anything else is a GraphQL error. */
export type MutationActivateTwinningArgs = {
  input: ActivateTwinningInput;
};


/** Changing. What a person can put right is in `userErrors`; anything else is a GraphQL error. */
export type MutationDeleteTwinningArgs = {
  input: DeleteTwinningInput;
};


/** Changing. What a person can put right is in `userErrors`; anything else is a GraphQL error. */
export type MutationRenameTwinningArgs = {
  input: RenameTwinningInput;
};


/** Changing. What a person can put right is in `userErrors`; anything else is a GraphQL error. */
export type MutationRequestTwinningArgs = {
  input: RequestTwinningInput;
};


/** Changing. What a person can put right is in `userErrors`; anything else is a GraphQL error. */
export type MutationSetTwinningStatusArgs = {
  input: SetTwinningStatusInput;
};

/** The device at the other end of a twinning, as this end's operator knows it. */
export type OtherDevice = {
  __typename?: 'OtherDevice';
  /** Its address. */
  address: Scalars['DeviceAddress']['output'];
  /** The device itself; reading its twinnings takes a right of its own. */
  device: Device;
  /** For people; null where the operator gives none. */
  name?: Maybe<Scalars['String']['output']>;
};

/** What lies around a page. */
export type PageInfo = {
  __typename?: 'PageInfo';
  /** The cursor of the page's last edge; null for an empty page. */
  endCursor?: Maybe<Scalars['String']['output']>;
  /** True if there is something after this page. */
  hasNextPage: Scalars['Boolean']['output'];
  /** True if there is something before this page. */
  hasPreviousPage: Scalars['Boolean']['output'];
  /** The cursor of the page's first edge; null for an empty page. */
  startCursor?: Maybe<Scalars['String']['output']>;
};

/** A pairing seen from its Primary device, such as the phone. */
export type PrimaryTwinning = Twinning & {
  __typename?: 'PrimaryTwinning';
  /** Opaque and stable; carries no phone number in the clear. */
  id: Scalars['ID']['output'];
  /** For people, such as myWatch; null where none was given. */
  name?: Maybe<Scalars['String']['output']>;
  /** The Secondary device. */
  otherDevice?: Maybe<OtherDevice>;
  /** The address of the device that this twinning belongs to. */
  ownAddress: Scalars['DeviceAddress']['output'];
  /** The device that this twinning belongs to. */
  ownDevice: Device;
  /** The operator's own URL of this twinning. */
  resourceURL: Scalars['URL']['output'];
  /** Always PRIMARY. */
  role: TwinningRole;
  /** The state of the pairing, as this device's operator knows it. */
  twinningStatus: TwinningStatus;
};

/** Reading. */
export type Query = {
  __typename?: 'Query';
  /** A twinning by its id; null where there is none, or none that the caller may read. */
  twinning?: Maybe<Twinning>;
  /** A device by its address. Every well-formed address is a device's; what is known of it is in its fields. */
  twinningDevice?: Maybe<Device>;
  /** Devices by their addresses, in the order asked. At most 500. */
  twinningDevices: Array<Device>;
  /** Counts over the twinnings of these devices. At most 500. */
  twinningStatistics?: Maybe<TwinningStatistics>;
  /** Twinnings by their ids, in the order asked; null where there is none. At most 500. */
  twinnings: Array<Maybe<Twinning>>;
};


/** Reading. */
export type QueryTwinningArgs = {
  id: Scalars['ID']['input'];
};


/** Reading. */
export type QueryTwinningDeviceArgs = {
  address?: InputMaybe<Scalars['DeviceAddress']['input']>;
};


/** Reading. */
export type QueryTwinningDevicesArgs = {
  addresses: Array<Scalars['DeviceAddress']['input']>;
};


/** Reading. */
export type QueryTwinningStatisticsArgs = {
  addresses: Array<Scalars['DeviceAddress']['input']>;
};


/** Reading. */
export type QueryTwinningsArgs = {
  ids: Array<Scalars['ID']['input']>;
};

/** Which twinning to rename. */
export type RenameTwinningInput = {
  /** The twinning. */
  id: Scalars['ID']['input'];
  /** For people, such as myWatch: 1 to 128 characters. */
  name: Scalars['String']['input'];
};

/** The outcome of renameTwinning. */
export type RenameTwinningPayload = {
  __typename?: 'RenameTwinningPayload';
  /** The twinning as it is now. */
  twinning?: Maybe<Twinning>;
  /** What can be put right; empty on success. */
  userErrors: Array<UserError>;
};

/** What a Secondary says when it asks for a twinning. */
export type RequestTwinningInput = {
  /** The Secondary. Without it: the device that the access token was issued to. */
  deviceAddress?: InputMaybe<Scalars['DeviceAddress']['input']>;
  /**
   * A second call by the same caller with the same key within 24 hours gets the first one's outcome, and the operator
   * sees one POST. The same key with another input is INVALID_INPUT. 1 to 128 characters.
   */
  idempotencyKey?: InputMaybe<Scalars['String']['input']>;
  /** For people, such as myWatch: 1 to 128 characters. */
  name?: InputMaybe<Scalars['String']['input']>;
};

/** The outcome of requestTwinning. */
export type RequestTwinningPayload = {
  __typename?: 'RequestTwinningPayload';
  /** The new twinning, PENDING. */
  twinning?: Maybe<SecondaryTwinning>;
  /** What can be put right; empty on success. */
  userErrors: Array<UserError>;
};

/** A pairing seen from its Secondary device, such as the watch. */
export type SecondaryTwinning = Twinning & {
  __typename?: 'SecondaryTwinning';
  /**
   * While PENDING: what the person types on the Primary device. Single use. For the Secondary device itself: anybody else
   * gets null and FORBIDDEN.
   */
  activationCode?: Maybe<Scalars['String']['output']>;
  /**
   * OAuth 2 authorization code for the Primary's network enablers, to be exchanged at the token endpoint of the Primary's
   * operator. For the Secondary device itself: anybody else gets null and FORBIDDEN.
   */
  authCode?: Maybe<Scalars['String']['output']>;
  /** Opaque and stable; carries no phone number in the clear. */
  id: Scalars['ID']['output'];
  /** For people, such as myWatch; null where none was given. */
  name?: Maybe<Scalars['String']['output']>;
  /** The Primary device; null until the pairing has been activated. */
  otherDevice?: Maybe<OtherDevice>;
  /** The address of the device that this twinning belongs to. */
  ownAddress: Scalars['DeviceAddress']['output'];
  /** The device that this twinning belongs to. */
  ownDevice: Device;
  /** The operator's own URL of this twinning. */
  resourceURL: Scalars['URL']['output'];
  /** Always SECONDARY. */
  role: TwinningRole;
  /** The state of the pairing, as this device's operator knows it. */
  twinningStatus: TwinningStatus;
  /**
   * Where the Primary's voice mail is retrieved. Null unless the twinning is ON, and where the Primary's operator gives
   * no address that can be called.
   */
  voicemailAccess?: Maybe<VoicemailAccess>;
};

/** Which twinning to turn on or off. */
export type SetTwinningStatusInput = {
  /** The twinning, from either end. */
  id: Scalars['ID']['input'];
  /** Its new status. */
  twinningStatus: TwinningToggle;
};

/** The outcome of setTwinningStatus. */
export type SetTwinningStatusPayload = {
  __typename?: 'SetTwinningStatusPayload';
  /** The twinning as it is now. */
  twinning?: Maybe<Twinning>;
  /** What can be put right; empty on success. */
  userErrors: Array<UserError>;
};

/** Watching. */
export type Subscription = {
  __typename?: 'Subscription';
  /** Every change to this device's twinnings, whoever made it. */
  twinningChanged: TwinningChange;
};


/** Watching. */
export type SubscriptionTwinningChangedArgs = {
  deviceAddress?: InputMaybe<Scalars['DeviceAddress']['input']>;
};

/**
 * A pairing of two devices, seen from one of them (OMA Twinning). The other device has a twinning of its own for the same
 * pairing. Where a caller may only count devices (`twinning:analytics`), addresses are masked and names are null.
 */
export type Twinning = {
  /** Opaque and stable; carries no phone number in the clear. */
  id: Scalars['ID']['output'];
  /** For people, such as myWatch; null where none was given. */
  name?: Maybe<Scalars['String']['output']>;
  /** The device at the other end; null until the pairing has been activated. */
  otherDevice?: Maybe<OtherDevice>;
  /** The address of the device that this twinning belongs to. */
  ownAddress: Scalars['DeviceAddress']['output'];
  /** The device that this twinning belongs to. */
  ownDevice: Device;
  /** The operator's own URL of this twinning. */
  resourceURL: Scalars['URL']['output'];
  /** Which end `ownDevice` is. */
  role: TwinningRole;
  /** The state of the pairing, as this device's operator knows it. */
  twinningStatus: TwinningStatus;
};

/** One change of one twinning. */
export type TwinningChange = {
  __typename?: 'TwinningChange';
  /** What happened. */
  kind: TwinningChangeKind;
  /** The twinning as it is now; null once deleted. */
  twinning?: Maybe<Twinning>;
  /** The id of the twinning that it happened to. */
  twinningId: Scalars['ID']['output'];
};

/** A twinning was made, changed or removed. */
export type TwinningChangeKind =
  /** It was not there before. */
  | 'CREATED'
  /** It is not there any more. */
  | 'DELETED'
  /** Something of it is not what it was. */
  | 'UPDATED';

/** One page of a device's twinnings. */
export type TwinningConnection = {
  __typename?: 'TwinningConnection';
  /** The twinnings of this page, each with its cursor. */
  edges: Array<TwinningEdge>;
  /** The twinnings of this page. */
  nodes: Array<Twinning>;
  /** What lies around this page. */
  pageInfo: PageInfo;
  /** How many there are on all pages, after `role` and `twinningStatus`. */
  totalCount: Scalars['Int']['output'];
};

/** A twinning in a page. */
export type TwinningEdge = {
  __typename?: 'TwinningEdge';
  /** Opaque; stays good while twinnings come and go around it. */
  cursor: Scalars['String']['output'];
  /** The twinning. */
  node: Twinning;
};

/** Which end of a pairing a device is. */
export type TwinningRole =
  /** The device that is extended, such as a phone: its number and its voice mail serve both. */
  | 'PRIMARY'
  /** The device that extends it, such as a watch or a car. */
  | 'SECONDARY';

/** In how many twinnings a device has a role. */
export type TwinningRoleCount = {
  __typename?: 'TwinningRoleCount';
  /** How many. */
  count: Scalars['Int']['output'];
  /** The role. */
  role: TwinningRole;
};

/** Counts over the twinnings of some devices. */
export type TwinningStatistics = {
  __typename?: 'TwinningStatistics';
  /** Every role, also with a count of 0. */
  byRole: Array<TwinningRoleCount>;
  /** Every status, also with a count of 0. */
  byStatus: Array<TwinningStatusCount>;
  /** The devices asked for. */
  devices: Scalars['Int']['output'];
  /** Devices whose operator did not answer: counted in `devices`, and in nothing else here. */
  devicesUnavailable: Scalars['Int']['output'];
  /** Their twinnings. A pairing between two of the devices counts twice, once at each end. */
  twinnings: Scalars['Int']['output'];
};

/** The state of a pairing. */
export type TwinningStatus =
  /** Paused by one of its devices; it can be turned on again. */
  | 'OFF'
  /** Active. */
  | 'ON'
  /** Asked for by the Secondary; its activation code has not been used yet. */
  | 'PENDING';

/** How many twinnings are in a state. */
export type TwinningStatusCount = {
  __typename?: 'TwinningStatusCount';
  /** How many. */
  count: Scalars['Int']['output'];
  /** The state. */
  twinningStatus: TwinningStatus;
};

/** The two states that a device can choose. */
export type TwinningToggle =
  /** Paused. */
  | 'OFF'
  /** Active. */
  | 'ON';

/**
 * What a person can put right is data, in userErrors, and the payload's other field is then null. Everything else (no
 * right to do it, the operator down) is a GraphQL error.
 */
export type UserError = {
  __typename?: 'UserError';
  /** What kind of thing is wrong. */
  code: UserErrorCode;
  /** The path into the arguments, e.g. [input, activationCode]; null where no one argument is to blame. */
  field?: Maybe<Array<Scalars['String']['output']>>;
  /** For people, in the operator's words where it gave some. */
  message: Scalars['String']['output'];
  /** The operator's own code, e.g. SVC0002; null where the gateway itself refused. */
  omaMessageId?: Maybe<Scalars['String']['output']>;
};

/** What a person can put right. */
export type UserErrorCode =
  /** Changed by somebody else meanwhile. */
  | 'CONFLICT'
  /** The activation code is unknown, expired or used. */
  | 'INVALID_ACTIVATION_CODE'
  /** A value can't be used. */
  | 'INVALID_INPUT'
  /** Such as a toggle while PENDING. */
  | 'INVALID_STATUS_TRANSITION'
  /** There is no such twinning, or none that the caller may change. */
  | 'NOT_FOUND'
  /** The operator's policy does not allow it. */
  | 'REFUSED_BY_POLICY';

/** How a Secondary device gets at the voice mail of its Primary. */
export type VoicemailAccess = {
  __typename?: 'VoicemailAccess';
  /** What to call: always a `tel:`, `sip:`, `sips:` or `acr:` URI, safe to be made a link. */
  address: Scalars['DeviceAddress']['output'];
};



export type ResolverTypeWrapper<T> = Promise<T | null> | T;

export type ReferenceResolver<TResult, TReference, TContext> = (
      reference: TReference,
      context: TContext,
      info: GraphQLResolveInfo
    ) => Promise<TResult> | TResult;

      type ScalarCheck<T, S> = S extends true ? T : NullableCheck<T, S>;
      type NullableCheck<T, S> = Maybe<T> extends T ? Maybe<ListCheck<NonNullable<T>, S>> : ListCheck<T, S>;
      type ListCheck<T, S> = T extends (infer U)[] ? NullableCheck<U, S>[] : GraphQLRecursivePick<T, S>;
      export type GraphQLRecursivePick<T, S> = { [K in keyof T & keyof S]: ScalarCheck<T[K], S[K]> };
    

export type ResolverWithResolve<TResult, TParent, TContext, TArgs> = {
  resolve: ResolverFn<TResult, TParent, TContext, TArgs>;
};
export type Resolver<TResult, TParent = Record<PropertyKey, never>, TContext = Record<PropertyKey, never>, TArgs = Record<PropertyKey, never>> = ResolverFn<TResult, TParent, TContext, TArgs> | ResolverWithResolve<TResult, TParent, TContext, TArgs>;

export type ResolverFn<TResult, TParent, TContext, TArgs> = (
  parent: TParent,
  args: TArgs,
  context: TContext,
  info: GraphQLResolveInfo
) => Promise<TResult> | TResult;

export type SubscriptionSubscribeFn<TResult, TParent, TContext, TArgs> = (
  parent: TParent,
  args: TArgs,
  context: TContext,
  info: GraphQLResolveInfo
) => AsyncIterable<TResult> | Promise<AsyncIterable<TResult>>;

export type SubscriptionResolveFn<TResult, TParent, TContext, TArgs> = (
  parent: TParent,
  args: TArgs,
  context: TContext,
  info: GraphQLResolveInfo
) => TResult | Promise<TResult>;

export interface SubscriptionSubscriberObject<TResult, TKey extends string, TParent, TContext, TArgs> {
  subscribe: SubscriptionSubscribeFn<{ [key in TKey]: TResult }, TParent, TContext, TArgs>;
  resolve?: SubscriptionResolveFn<TResult, { [key in TKey]: TResult }, TContext, TArgs>;
}

export interface SubscriptionResolverObject<TResult, TParent, TContext, TArgs> {
  subscribe: SubscriptionSubscribeFn<any, TParent, TContext, TArgs>;
  resolve: SubscriptionResolveFn<TResult, any, TContext, TArgs>;
}

export type SubscriptionObject<TResult, TKey extends string, TParent, TContext, TArgs> =
  | SubscriptionSubscriberObject<TResult, TKey, TParent, TContext, TArgs>
  | SubscriptionResolverObject<TResult, TParent, TContext, TArgs>;

export type SubscriptionResolver<TResult, TKey extends string, TParent = Record<PropertyKey, never>, TContext = Record<PropertyKey, never>, TArgs = Record<PropertyKey, never>> =
  | ((...args: any[]) => SubscriptionObject<TResult, TKey, TParent, TContext, TArgs>)
  | SubscriptionObject<TResult, TKey, TParent, TContext, TArgs>;

export type TypeResolveFn<TTypes, TParent = Record<PropertyKey, never>, TContext = Record<PropertyKey, never>> = (
  parent: TParent,
  context: TContext,
  info: GraphQLResolveInfo
) => Maybe<TTypes> | Promise<Maybe<TTypes>>;

export type IsTypeOfResolverFn<T = Record<PropertyKey, never>, TContext = Record<PropertyKey, never>> = (obj: T, context: TContext, info: GraphQLResolveInfo) => boolean | Promise<boolean>;

export type NextResolverFn<T> = () => Promise<T>;

export type DirectiveResolverFn<TResult = Record<PropertyKey, never>, TParent = Record<PropertyKey, never>, TContext = Record<PropertyKey, never>, TArgs = Record<PropertyKey, never>> = (
  next: NextResolverFn<TResult>,
  parent: TParent,
  args: TArgs,
  context: TContext,
  info: GraphQLResolveInfo
) => TResult | Promise<TResult>;

/** Mapping of federation types */
export type FederationTypes = {
  Device: Device;
  PrimaryTwinning: PrimaryTwinning;
  SecondaryTwinning: SecondaryTwinning;
  Twinning: Twinning;
};

/** Mapping of federation reference types */
export type FederationReferenceTypes = {
  Device:
    ( { __typename: 'Device' }
    & GraphQLRecursivePick<FederationTypes['Device'], {"address":true}> );
  PrimaryTwinning:
    ( { __typename: 'PrimaryTwinning' }
    & GraphQLRecursivePick<FederationTypes['PrimaryTwinning'], {"id":true}> );
  SecondaryTwinning:
    ( { __typename: 'SecondaryTwinning' }
    & GraphQLRecursivePick<FederationTypes['SecondaryTwinning'], {"id":true}> );
  Twinning:
    ( { __typename: 'Twinning' }
    & GraphQLRecursivePick<FederationTypes['Twinning'], {"id":true}> );
};



/** Mapping between all available schema types and the resolvers types */
export type ResolversTypes = {
  ActivateTwinningInput: ActivateTwinningInput;
  String: ResolverTypeWrapper<Scalars['String']['output']>;
  ActivateTwinningPayload: ResolverTypeWrapper<Omit<ActivateTwinningPayload, 'twinning'> & { twinning?: Maybe<ResolversTypes['PrimaryTwinning']> }>;
  DeleteTwinningInput: DeleteTwinningInput;
  ID: ResolverTypeWrapper<Scalars['ID']['output']>;
  DeleteTwinningPayload: ResolverTypeWrapper<DeleteTwinningPayload>;
  Device: ResolverTypeWrapper<VisibleDevice>;
  Int: ResolverTypeWrapper<Scalars['Int']['output']>;
  DeviceAddress: ResolverTypeWrapper<Scalars['DeviceAddress']['output']>;
  Mutation: ResolverTypeWrapper<Record<PropertyKey, never>>;
  OtherDevice: ResolverTypeWrapper<VisibleOtherDevice>;
  PageInfo: ResolverTypeWrapper<PageInfo>;
  Boolean: ResolverTypeWrapper<Scalars['Boolean']['output']>;
  PrimaryTwinning: ResolverTypeWrapper<VisibleTwinning>;
  Query: ResolverTypeWrapper<Record<PropertyKey, never>>;
  RenameTwinningInput: RenameTwinningInput;
  RenameTwinningPayload: ResolverTypeWrapper<Omit<RenameTwinningPayload, 'twinning'> & { twinning?: Maybe<ResolversTypes['Twinning']> }>;
  RequestTwinningInput: RequestTwinningInput;
  RequestTwinningPayload: ResolverTypeWrapper<Omit<RequestTwinningPayload, 'twinning'> & { twinning?: Maybe<ResolversTypes['SecondaryTwinning']> }>;
  SecondaryTwinning: ResolverTypeWrapper<VisibleTwinning>;
  SetTwinningStatusInput: SetTwinningStatusInput;
  SetTwinningStatusPayload: ResolverTypeWrapper<Omit<SetTwinningStatusPayload, 'twinning'> & { twinning?: Maybe<ResolversTypes['Twinning']> }>;
  Subscription: ResolverTypeWrapper<Record<PropertyKey, never>>;
  Twinning: ResolverTypeWrapper<VisibleTwinning>;
  TwinningChange: ResolverTypeWrapper<Omit<TwinningChange, 'twinning'> & { twinning?: Maybe<ResolversTypes['Twinning']> }>;
  TwinningChangeKind: TwinningChangeKind;
  TwinningConnection: ResolverTypeWrapper<Omit<TwinningConnection, 'edges' | 'nodes'> & { edges: Array<ResolversTypes['TwinningEdge']>, nodes: Array<ResolversTypes['Twinning']> }>;
  TwinningEdge: ResolverTypeWrapper<Omit<TwinningEdge, 'node'> & { node: ResolversTypes['Twinning'] }>;
  TwinningRole: TwinningRole;
  TwinningRoleCount: ResolverTypeWrapper<TwinningRoleCount>;
  TwinningStatistics: ResolverTypeWrapper<TwinningStatistics>;
  TwinningStatus: TwinningStatus;
  TwinningStatusCount: ResolverTypeWrapper<TwinningStatusCount>;
  TwinningToggle: TwinningToggle;
  URL: ResolverTypeWrapper<Scalars['URL']['output']>;
  UserError: ResolverTypeWrapper<UserError>;
  UserErrorCode: UserErrorCode;
  VoicemailAccess: ResolverTypeWrapper<VoicemailAccess>;
};

/** Mapping between all available schema types and the resolvers parents */
export type ResolversParentTypes = {
  ActivateTwinningInput: ActivateTwinningInput;
  String: Scalars['String']['output'];
  ActivateTwinningPayload: Omit<ActivateTwinningPayload, 'twinning'> & { twinning?: Maybe<ResolversParentTypes['PrimaryTwinning']> };
  DeleteTwinningInput: DeleteTwinningInput;
  ID: Scalars['ID']['output'];
  DeleteTwinningPayload: DeleteTwinningPayload;
  Device: VisibleDevice;
  Int: Scalars['Int']['output'];
  DeviceAddress: Scalars['DeviceAddress']['output'];
  Mutation: Record<PropertyKey, never>;
  OtherDevice: VisibleOtherDevice;
  PageInfo: PageInfo;
  Boolean: Scalars['Boolean']['output'];
  PrimaryTwinning: VisibleTwinning;
  Query: Record<PropertyKey, never>;
  RenameTwinningInput: RenameTwinningInput;
  RenameTwinningPayload: Omit<RenameTwinningPayload, 'twinning'> & { twinning?: Maybe<ResolversParentTypes['Twinning']> };
  RequestTwinningInput: RequestTwinningInput;
  RequestTwinningPayload: Omit<RequestTwinningPayload, 'twinning'> & { twinning?: Maybe<ResolversParentTypes['SecondaryTwinning']> };
  SecondaryTwinning: VisibleTwinning;
  SetTwinningStatusInput: SetTwinningStatusInput;
  SetTwinningStatusPayload: Omit<SetTwinningStatusPayload, 'twinning'> & { twinning?: Maybe<ResolversParentTypes['Twinning']> };
  Subscription: Record<PropertyKey, never>;
  Twinning: VisibleTwinning;
  TwinningChange: Omit<TwinningChange, 'twinning'> & { twinning?: Maybe<ResolversParentTypes['Twinning']> };
  TwinningConnection: Omit<TwinningConnection, 'edges' | 'nodes'> & { edges: Array<ResolversParentTypes['TwinningEdge']>, nodes: Array<ResolversParentTypes['Twinning']> };
  TwinningEdge: Omit<TwinningEdge, 'node'> & { node: ResolversParentTypes['Twinning'] };
  TwinningRoleCount: TwinningRoleCount;
  TwinningStatistics: TwinningStatistics;
  TwinningStatusCount: TwinningStatusCount;
  URL: Scalars['URL']['output'];
  UserError: UserError;
  VoicemailAccess: VoicemailAccess;
};

export type ActivateTwinningPayloadResolvers<ContextType = Context, ParentType extends ResolversParentTypes['ActivateTwinningPayload'] = ResolversParentTypes['ActivateTwinningPayload']> = {
  twinning?: Resolver<Maybe<ResolversTypes['PrimaryTwinning']>, ParentType, ContextType>;
  userErrors?: Resolver<Array<ResolversTypes['UserError']>, ParentType, ContextType>;
};

export type DeleteTwinningPayloadResolvers<ContextType = Context, ParentType extends ResolversParentTypes['DeleteTwinningPayload'] = ResolversParentTypes['DeleteTwinningPayload']> = {
  deletedTwinningId?: Resolver<Maybe<ResolversTypes['ID']>, ParentType, ContextType>;
  userErrors?: Resolver<Array<ResolversTypes['UserError']>, ParentType, ContextType>;
};

export type DeviceResolvers<ContextType = Context, ParentType extends ResolversParentTypes['Device'] = ResolversParentTypes['Device'], FederationReferenceType extends FederationReferenceTypes['Device'] = FederationReferenceTypes['Device']> = {
  __resolveReference?: ReferenceResolver<Maybe<ResolversTypes['Device']> | FederationReferenceType, FederationReferenceType, ContextType>;
  address?: Resolver<ResolversTypes['DeviceAddress'], ParentType, ContextType>;
  twinnings?: Resolver<Maybe<ResolversTypes['TwinningConnection']>, ParentType, ContextType, Partial<DeviceTwinningsArgs>>;
};

export interface DeviceAddressScalarConfig extends GraphQLScalarTypeConfig<ResolversTypes['DeviceAddress'], any> {
  name: 'DeviceAddress';
}

export type MutationResolvers<ContextType = Context, ParentType extends ResolversParentTypes['Mutation'] = ResolversParentTypes['Mutation']> = {
  activateTwinning?: Resolver<Maybe<ResolversTypes['ActivateTwinningPayload']>, ParentType, ContextType, RequireFields<MutationActivateTwinningArgs, 'input'>>;
  deleteTwinning?: Resolver<Maybe<ResolversTypes['DeleteTwinningPayload']>, ParentType, ContextType, RequireFields<MutationDeleteTwinningArgs, 'input'>>;
  renameTwinning?: Resolver<Maybe<ResolversTypes['RenameTwinningPayload']>, ParentType, ContextType, RequireFields<MutationRenameTwinningArgs, 'input'>>;
  requestTwinning?: Resolver<Maybe<ResolversTypes['RequestTwinningPayload']>, ParentType, ContextType, RequireFields<MutationRequestTwinningArgs, 'input'>>;
  setTwinningStatus?: Resolver<Maybe<ResolversTypes['SetTwinningStatusPayload']>, ParentType, ContextType, RequireFields<MutationSetTwinningStatusArgs, 'input'>>;
};

export type OtherDeviceResolvers<ContextType = Context, ParentType extends ResolversParentTypes['OtherDevice'] = ResolversParentTypes['OtherDevice']> = {
  address?: Resolver<ResolversTypes['DeviceAddress'], ParentType, ContextType>;
  device?: Resolver<ResolversTypes['Device'], ParentType, ContextType>;
  name?: Resolver<Maybe<ResolversTypes['String']>, ParentType, ContextType>;
};

export type PageInfoResolvers<ContextType = Context, ParentType extends ResolversParentTypes['PageInfo'] = ResolversParentTypes['PageInfo']> = {
  endCursor?: Resolver<Maybe<ResolversTypes['String']>, ParentType, ContextType>;
  hasNextPage?: Resolver<ResolversTypes['Boolean'], ParentType, ContextType>;
  hasPreviousPage?: Resolver<ResolversTypes['Boolean'], ParentType, ContextType>;
  startCursor?: Resolver<Maybe<ResolversTypes['String']>, ParentType, ContextType>;
};

export type PrimaryTwinningResolvers<ContextType = Context, ParentType extends ResolversParentTypes['PrimaryTwinning'] = ResolversParentTypes['PrimaryTwinning'], FederationReferenceType extends FederationReferenceTypes['PrimaryTwinning'] = FederationReferenceTypes['PrimaryTwinning']> = {
  __resolveReference?: ReferenceResolver<Maybe<ResolversTypes['PrimaryTwinning']> | FederationReferenceType, FederationReferenceType, ContextType>;
  id?: Resolver<ResolversTypes['ID'], ParentType, ContextType>;
  name?: Resolver<Maybe<ResolversTypes['String']>, ParentType, ContextType>;
  otherDevice?: Resolver<Maybe<ResolversTypes['OtherDevice']>, ParentType, ContextType>;
  ownAddress?: Resolver<ResolversTypes['DeviceAddress'], ParentType, ContextType>;
  ownDevice?: Resolver<ResolversTypes['Device'], ParentType, ContextType>;
  resourceURL?: Resolver<ResolversTypes['URL'], ParentType, ContextType>;
  role?: Resolver<ResolversTypes['TwinningRole'], ParentType, ContextType>;
  twinningStatus?: Resolver<ResolversTypes['TwinningStatus'], ParentType, ContextType>;
  __isTypeOf?: IsTypeOfResolverFn<ParentType, ContextType>;
};

export type QueryResolvers<ContextType = Context, ParentType extends ResolversParentTypes['Query'] = ResolversParentTypes['Query']> = {
  twinning?: Resolver<Maybe<ResolversTypes['Twinning']>, ParentType, ContextType, RequireFields<QueryTwinningArgs, 'id'>>;
  twinningDevice?: Resolver<Maybe<ResolversTypes['Device']>, ParentType, ContextType, Partial<QueryTwinningDeviceArgs>>;
  twinningDevices?: Resolver<Array<ResolversTypes['Device']>, ParentType, ContextType, RequireFields<QueryTwinningDevicesArgs, 'addresses'>>;
  twinningStatistics?: Resolver<Maybe<ResolversTypes['TwinningStatistics']>, ParentType, ContextType, RequireFields<QueryTwinningStatisticsArgs, 'addresses'>>;
  twinnings?: Resolver<Array<Maybe<ResolversTypes['Twinning']>>, ParentType, ContextType, RequireFields<QueryTwinningsArgs, 'ids'>>;
};

export type RenameTwinningPayloadResolvers<ContextType = Context, ParentType extends ResolversParentTypes['RenameTwinningPayload'] = ResolversParentTypes['RenameTwinningPayload']> = {
  twinning?: Resolver<Maybe<ResolversTypes['Twinning']>, ParentType, ContextType>;
  userErrors?: Resolver<Array<ResolversTypes['UserError']>, ParentType, ContextType>;
};

export type RequestTwinningPayloadResolvers<ContextType = Context, ParentType extends ResolversParentTypes['RequestTwinningPayload'] = ResolversParentTypes['RequestTwinningPayload']> = {
  twinning?: Resolver<Maybe<ResolversTypes['SecondaryTwinning']>, ParentType, ContextType>;
  userErrors?: Resolver<Array<ResolversTypes['UserError']>, ParentType, ContextType>;
};

export type SecondaryTwinningResolvers<ContextType = Context, ParentType extends ResolversParentTypes['SecondaryTwinning'] = ResolversParentTypes['SecondaryTwinning'], FederationReferenceType extends FederationReferenceTypes['SecondaryTwinning'] = FederationReferenceTypes['SecondaryTwinning']> = {
  __resolveReference?: ReferenceResolver<Maybe<ResolversTypes['SecondaryTwinning']> | FederationReferenceType, FederationReferenceType, ContextType>;
  activationCode?: Resolver<Maybe<ResolversTypes['String']>, ParentType, ContextType>;
  authCode?: Resolver<Maybe<ResolversTypes['String']>, ParentType, ContextType>;
  id?: Resolver<ResolversTypes['ID'], ParentType, ContextType>;
  name?: Resolver<Maybe<ResolversTypes['String']>, ParentType, ContextType>;
  otherDevice?: Resolver<Maybe<ResolversTypes['OtherDevice']>, ParentType, ContextType>;
  ownAddress?: Resolver<ResolversTypes['DeviceAddress'], ParentType, ContextType>;
  ownDevice?: Resolver<ResolversTypes['Device'], ParentType, ContextType>;
  resourceURL?: Resolver<ResolversTypes['URL'], ParentType, ContextType>;
  role?: Resolver<ResolversTypes['TwinningRole'], ParentType, ContextType>;
  twinningStatus?: Resolver<ResolversTypes['TwinningStatus'], ParentType, ContextType>;
  voicemailAccess?: Resolver<Maybe<ResolversTypes['VoicemailAccess']>, ParentType, ContextType>;
  __isTypeOf?: IsTypeOfResolverFn<ParentType, ContextType>;
};

export type SetTwinningStatusPayloadResolvers<ContextType = Context, ParentType extends ResolversParentTypes['SetTwinningStatusPayload'] = ResolversParentTypes['SetTwinningStatusPayload']> = {
  twinning?: Resolver<Maybe<ResolversTypes['Twinning']>, ParentType, ContextType>;
  userErrors?: Resolver<Array<ResolversTypes['UserError']>, ParentType, ContextType>;
};

export type SubscriptionResolvers<ContextType = Context, ParentType extends ResolversParentTypes['Subscription'] = ResolversParentTypes['Subscription']> = {
  twinningChanged?: SubscriptionResolver<ResolversTypes['TwinningChange'], "twinningChanged", ParentType, ContextType, Partial<SubscriptionTwinningChangedArgs>>;
};

export type TwinningResolvers<ContextType = Context, ParentType extends ResolversParentTypes['Twinning'] = ResolversParentTypes['Twinning'], FederationReferenceType extends FederationReferenceTypes['Twinning'] = FederationReferenceTypes['Twinning']> = {
  __resolveType: TypeResolveFn<'PrimaryTwinning' | 'SecondaryTwinning', ParentType, ContextType>;
  __resolveReference?: ReferenceResolver<Maybe<ResolversTypes['Twinning']> | FederationReferenceType, FederationReferenceType, ContextType>;
};

export type TwinningChangeResolvers<ContextType = Context, ParentType extends ResolversParentTypes['TwinningChange'] = ResolversParentTypes['TwinningChange']> = {
  kind?: Resolver<ResolversTypes['TwinningChangeKind'], ParentType, ContextType>;
  twinning?: Resolver<Maybe<ResolversTypes['Twinning']>, ParentType, ContextType>;
  twinningId?: Resolver<ResolversTypes['ID'], ParentType, ContextType>;
};

export type TwinningConnectionResolvers<ContextType = Context, ParentType extends ResolversParentTypes['TwinningConnection'] = ResolversParentTypes['TwinningConnection']> = {
  edges?: Resolver<Array<ResolversTypes['TwinningEdge']>, ParentType, ContextType>;
  nodes?: Resolver<Array<ResolversTypes['Twinning']>, ParentType, ContextType>;
  pageInfo?: Resolver<ResolversTypes['PageInfo'], ParentType, ContextType>;
  totalCount?: Resolver<ResolversTypes['Int'], ParentType, ContextType>;
};

export type TwinningEdgeResolvers<ContextType = Context, ParentType extends ResolversParentTypes['TwinningEdge'] = ResolversParentTypes['TwinningEdge']> = {
  cursor?: Resolver<ResolversTypes['String'], ParentType, ContextType>;
  node?: Resolver<ResolversTypes['Twinning'], ParentType, ContextType>;
};

export type TwinningRoleCountResolvers<ContextType = Context, ParentType extends ResolversParentTypes['TwinningRoleCount'] = ResolversParentTypes['TwinningRoleCount']> = {
  count?: Resolver<ResolversTypes['Int'], ParentType, ContextType>;
  role?: Resolver<ResolversTypes['TwinningRole'], ParentType, ContextType>;
};

export type TwinningStatisticsResolvers<ContextType = Context, ParentType extends ResolversParentTypes['TwinningStatistics'] = ResolversParentTypes['TwinningStatistics']> = {
  byRole?: Resolver<Array<ResolversTypes['TwinningRoleCount']>, ParentType, ContextType>;
  byStatus?: Resolver<Array<ResolversTypes['TwinningStatusCount']>, ParentType, ContextType>;
  devices?: Resolver<ResolversTypes['Int'], ParentType, ContextType>;
  devicesUnavailable?: Resolver<ResolversTypes['Int'], ParentType, ContextType>;
  twinnings?: Resolver<ResolversTypes['Int'], ParentType, ContextType>;
};

export type TwinningStatusCountResolvers<ContextType = Context, ParentType extends ResolversParentTypes['TwinningStatusCount'] = ResolversParentTypes['TwinningStatusCount']> = {
  count?: Resolver<ResolversTypes['Int'], ParentType, ContextType>;
  twinningStatus?: Resolver<ResolversTypes['TwinningStatus'], ParentType, ContextType>;
};

export interface UrlScalarConfig extends GraphQLScalarTypeConfig<ResolversTypes['URL'], any> {
  name: 'URL';
}

export type UserErrorResolvers<ContextType = Context, ParentType extends ResolversParentTypes['UserError'] = ResolversParentTypes['UserError']> = {
  code?: Resolver<ResolversTypes['UserErrorCode'], ParentType, ContextType>;
  field?: Resolver<Maybe<Array<ResolversTypes['String']>>, ParentType, ContextType>;
  message?: Resolver<ResolversTypes['String'], ParentType, ContextType>;
  omaMessageId?: Resolver<Maybe<ResolversTypes['String']>, ParentType, ContextType>;
};

export type VoicemailAccessResolvers<ContextType = Context, ParentType extends ResolversParentTypes['VoicemailAccess'] = ResolversParentTypes['VoicemailAccess']> = {
  address?: Resolver<ResolversTypes['DeviceAddress'], ParentType, ContextType>;
};

export type Resolvers<ContextType = Context> = {
  ActivateTwinningPayload?: ActivateTwinningPayloadResolvers<ContextType>;
  DeleteTwinningPayload?: DeleteTwinningPayloadResolvers<ContextType>;
  Device?: DeviceResolvers<ContextType>;
  DeviceAddress?: GraphQLScalarType;
  Mutation?: MutationResolvers<ContextType>;
  OtherDevice?: OtherDeviceResolvers<ContextType>;
  PageInfo?: PageInfoResolvers<ContextType>;
  PrimaryTwinning?: PrimaryTwinningResolvers<ContextType>;
  Query?: QueryResolvers<ContextType>;
  RenameTwinningPayload?: RenameTwinningPayloadResolvers<ContextType>;
  RequestTwinningPayload?: RequestTwinningPayloadResolvers<ContextType>;
  SecondaryTwinning?: SecondaryTwinningResolvers<ContextType>;
  SetTwinningStatusPayload?: SetTwinningStatusPayloadResolvers<ContextType>;
  Subscription?: SubscriptionResolvers<ContextType>;
  Twinning?: TwinningResolvers<ContextType>;
  TwinningChange?: TwinningChangeResolvers<ContextType>;
  TwinningConnection?: TwinningConnectionResolvers<ContextType>;
  TwinningEdge?: TwinningEdgeResolvers<ContextType>;
  TwinningRoleCount?: TwinningRoleCountResolvers<ContextType>;
  TwinningStatistics?: TwinningStatisticsResolvers<ContextType>;
  TwinningStatusCount?: TwinningStatusCountResolvers<ContextType>;
  URL?: GraphQLScalarType;
  UserError?: UserErrorResolvers<ContextType>;
  VoicemailAccess?: VoicemailAccessResolvers<ContextType>;
};

