// Written by `npm run codegen` from schema/*.graphql, client/fragments.graphql and the documents beside this file. Do not edit.
/** Internal type. DO NOT USE DIRECTLY. */
type Exact<T extends { [key: string]: unknown }> = { [K in keyof T]: T[K] };
/** Internal type. DO NOT USE DIRECTLY. */
export type Incremental<T> = T | { [P in keyof T]?: P extends ' $fragmentName' | '__typename' ? T[P] : never };
import type { TypedDocumentNode as DocumentNode } from '@graphql-typed-document-node/core';
/** What a Primary says when it takes up a twinning. */
export type ActivateTwinningInput = {
  /** The code that the Secondary shows, as a person typed it: white space around it does not matter. */
  activationCode: string;
  /** The Primary. Without it: the device that the access token was issued to. */
  deviceAddress?: string | null | undefined;
  /**
   * A second call by the same caller with the same key within 24 hours gets the first one's outcome, and the operator
   * sees one POST. The same key with another input is INVALID_INPUT. 1 to 128 characters.
   */
  idempotencyKey?: string | null | undefined;
  /** For people, such as myWatch: 1 to 128 characters. */
  name?: string | null | undefined;
};

/** Which twinning to remove. */
export type DeleteTwinningInput = {
  /** The twinning, from either end. */
  id: string | number;
};

/** Which twinning to rename. */
export type RenameTwinningInput = {
  /** The twinning. */
  id: string | number;
  /** For people, such as myWatch: 1 to 128 characters. */
  name: string;
};

/** What a Secondary says when it asks for a twinning. */
export type RequestTwinningInput = {
  /** The Secondary. Without it: the device that the access token was issued to. */
  deviceAddress?: string | null | undefined;
  /**
   * A second call by the same caller with the same key within 24 hours gets the first one's outcome, and the operator
   * sees one POST. The same key with another input is INVALID_INPUT. 1 to 128 characters.
   */
  idempotencyKey?: string | null | undefined;
  /** For people, such as myWatch: 1 to 128 characters. */
  name?: string | null | undefined;
};

/** Which twinning to turn on or off. */
export type SetTwinningStatusInput = {
  /** The twinning, from either end. */
  id: string | number;
  /** Its new status. */
  twinningStatus: TwinningToggle;
};

/** A twinning was made, changed or removed. */
export type TwinningChangeKind =
  /** It was not there before. */
  | 'CREATED'
  /** It is not there any more. */
  | 'DELETED'
  /** Something of it is not what it was. */
  | 'UPDATED';

/** Which end of a pairing a device is. */
export type TwinningRole =
  /** The device that is extended, such as a phone: its number and its voice mail serve both. */
  | 'PRIMARY'
  /** The device that extends it, such as a watch or a car. */
  | 'SECONDARY';

/** The state of a pairing. */
export type TwinningStatus =
  /** Paused by one of its devices; it can be turned on again. */
  | 'OFF'
  /** Active. */
  | 'ON'
  /** Asked for by the Secondary; its activation code has not been used yet. */
  | 'PENDING';

/** The two states that a device can choose. */
export type TwinningToggle =
  /** Paused. */
  | 'OFF'
  /** Active. */
  | 'ON';

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

type Pairing_PrimaryTwinning_Fragment = { id: string, role: TwinningRole, name: string | null, twinningStatus: TwinningStatus, ownAddress: string, otherDevice: { address: string, name: string | null } | null };

type Pairing_SecondaryTwinning_Fragment = { id: string, role: TwinningRole, name: string | null, twinningStatus: TwinningStatus, ownAddress: string, otherDevice: { address: string, name: string | null } | null };

export type PairingFragment =
  | Pairing_PrimaryTwinning_Fragment
  | Pairing_SecondaryTwinning_Fragment
;

export type PrimaryFragment = { id: string, role: TwinningRole, name: string | null, twinningStatus: TwinningStatus, ownAddress: string, otherDevice: { address: string, name: string | null } | null };

export type SecondaryFragment = { activationCode: string | null, id: string, role: TwinningRole, name: string | null, twinningStatus: TwinningStatus, ownAddress: string, voicemailAccess: { address: string } | null, otherDevice: { address: string, name: string | null } | null };

export type RefusalFragment = { code: UserErrorCode, message: string, field: Array<string> | null, omaMessageId: string | null };

export type SetTwinningStatusMutationVariables = Exact<{
  input: SetTwinningStatusInput;
}>;


export type SetTwinningStatusMutation = { setTwinningStatus: { twinning:
      | { id: string, role: TwinningRole, name: string | null, twinningStatus: TwinningStatus, ownAddress: string, otherDevice: { address: string, name: string | null } | null }
      | { id: string, role: TwinningRole, name: string | null, twinningStatus: TwinningStatus, ownAddress: string, voicemailAccess: { address: string } | null, otherDevice: { address: string, name: string | null } | null }
     | null, userErrors: Array<{ code: UserErrorCode, message: string, field: Array<string> | null, omaMessageId: string | null }> } | null };

export type RenameTwinningMutationVariables = Exact<{
  input: RenameTwinningInput;
}>;


export type RenameTwinningMutation = { renameTwinning: { twinning:
      | { id: string, name: string | null }
      | { id: string, name: string | null }
     | null, userErrors: Array<{ code: UserErrorCode, message: string, field: Array<string> | null, omaMessageId: string | null }> } | null };

export type DeleteTwinningMutationVariables = Exact<{
  input: DeleteTwinningInput;
}>;


export type DeleteTwinningMutation = { deleteTwinning: { deletedTwinningId: string | null, userErrors: Array<{ code: UserErrorCode, message: string, field: Array<string> | null, omaMessageId: string | null }> } | null };

type OnPhone_PrimaryTwinning_Fragment = { id: string, role: TwinningRole, name: string | null, twinningStatus: TwinningStatus, ownAddress: string, otherDevice: { address: string, name: string | null } | null };

type OnPhone_SecondaryTwinning_Fragment = { id: string, role: TwinningRole, name: string | null, twinningStatus: TwinningStatus, ownAddress: string, voicemailAccess: { address: string } | null, otherDevice: { address: string, name: string | null } | null };

export type OnPhoneFragment =
  | OnPhone_PrimaryTwinning_Fragment
  | OnPhone_SecondaryTwinning_Fragment
;

export type PhoneTwinningsQueryVariables = Exact<{ [key: string]: never; }>;


export type PhoneTwinningsQuery = { twinningDevice: { address: string, twinnings: { nodes: Array<
        | { id: string, role: TwinningRole, name: string | null, twinningStatus: TwinningStatus, ownAddress: string, otherDevice: { address: string, name: string | null } | null }
        | { id: string, role: TwinningRole, name: string | null, twinningStatus: TwinningStatus, ownAddress: string, voicemailAccess: { address: string } | null, otherDevice: { address: string, name: string | null } | null }
      > } | null } | null };

export type PhoneChangesSubscriptionVariables = Exact<{ [key: string]: never; }>;


export type PhoneChangesSubscription = { twinningChanged: { kind: TwinningChangeKind, twinningId: string, twinning:
      | { id: string, role: TwinningRole, name: string | null, twinningStatus: TwinningStatus, ownAddress: string, otherDevice: { address: string, name: string | null } | null }
      | { id: string, role: TwinningRole, name: string | null, twinningStatus: TwinningStatus, ownAddress: string, voicemailAccess: { address: string } | null, otherDevice: { address: string, name: string | null } | null }
     | null } };

export type ActivateTwinningMutationVariables = Exact<{
  input: ActivateTwinningInput;
}>;


export type ActivateTwinningMutation = { activateTwinning: { twinning: { id: string, role: TwinningRole, name: string | null, twinningStatus: TwinningStatus, ownAddress: string, otherDevice: { address: string, name: string | null } | null } | null, userErrors: Array<{ code: UserErrorCode, message: string, field: Array<string> | null, omaMessageId: string | null }> } | null };

type OnWatch_PrimaryTwinning_Fragment = { id: string, role: TwinningRole, name: string | null, twinningStatus: TwinningStatus, ownAddress: string, otherDevice: { address: string, name: string | null } | null };

type OnWatch_SecondaryTwinning_Fragment = { id: string, role: TwinningRole, name: string | null, twinningStatus: TwinningStatus, ownAddress: string, activationCode: string | null, otherDevice: { address: string, name: string | null } | null, voicemailAccess: { address: string } | null };

export type OnWatchFragment =
  | OnWatch_PrimaryTwinning_Fragment
  | OnWatch_SecondaryTwinning_Fragment
;

export type WatchTwinningsQueryVariables = Exact<{ [key: string]: never; }>;


export type WatchTwinningsQuery = { twinningDevice: { address: string, twinnings: { nodes: Array<
        | { id: string, role: TwinningRole, name: string | null, twinningStatus: TwinningStatus, ownAddress: string, otherDevice: { address: string, name: string | null } | null }
        | { id: string, role: TwinningRole, name: string | null, twinningStatus: TwinningStatus, ownAddress: string, activationCode: string | null, otherDevice: { address: string, name: string | null } | null, voicemailAccess: { address: string } | null }
      > } | null } | null };

export type WatchChangesSubscriptionVariables = Exact<{ [key: string]: never; }>;


export type WatchChangesSubscription = { twinningChanged: { kind: TwinningChangeKind, twinningId: string, twinning:
      | { id: string, role: TwinningRole, name: string | null, twinningStatus: TwinningStatus, ownAddress: string, otherDevice: { address: string, name: string | null } | null }
      | { id: string, role: TwinningRole, name: string | null, twinningStatus: TwinningStatus, ownAddress: string, activationCode: string | null, otherDevice: { address: string, name: string | null } | null, voicemailAccess: { address: string } | null }
     | null } };

export type RequestTwinningMutationVariables = Exact<{
  input: RequestTwinningInput;
}>;


export type RequestTwinningMutation = { requestTwinning: { twinning: { id: string, role: TwinningRole, name: string | null, twinningStatus: TwinningStatus, ownAddress: string, activationCode: string | null, otherDevice: { address: string, name: string | null } | null, voicemailAccess: { address: string } | null } | null, userErrors: Array<{ code: UserErrorCode, message: string, field: Array<string> | null, omaMessageId: string | null }> } | null };

export const PairingFragmentDoc = {"kind":"Document","definitions":[{"kind":"FragmentDefinition","name":{"kind":"Name","value":"Pairing"},"typeCondition":{"kind":"NamedType","name":{"kind":"Name","value":"Twinning"}},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"id"}},{"kind":"Field","name":{"kind":"Name","value":"role"}},{"kind":"Field","name":{"kind":"Name","value":"name"}},{"kind":"Field","name":{"kind":"Name","value":"twinningStatus"}},{"kind":"Field","name":{"kind":"Name","value":"ownAddress"}},{"kind":"Field","name":{"kind":"Name","value":"otherDevice"},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"address"}},{"kind":"Field","name":{"kind":"Name","value":"name"}}]}}]}}]} as unknown as DocumentNode<PairingFragment, unknown>;
export const PrimaryFragmentDoc = {"kind":"Document","definitions":[{"kind":"FragmentDefinition","name":{"kind":"Name","value":"Primary"},"typeCondition":{"kind":"NamedType","name":{"kind":"Name","value":"PrimaryTwinning"}},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"FragmentSpread","name":{"kind":"Name","value":"Pairing"}}]}},{"kind":"FragmentDefinition","name":{"kind":"Name","value":"Pairing"},"typeCondition":{"kind":"NamedType","name":{"kind":"Name","value":"Twinning"}},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"id"}},{"kind":"Field","name":{"kind":"Name","value":"role"}},{"kind":"Field","name":{"kind":"Name","value":"name"}},{"kind":"Field","name":{"kind":"Name","value":"twinningStatus"}},{"kind":"Field","name":{"kind":"Name","value":"ownAddress"}},{"kind":"Field","name":{"kind":"Name","value":"otherDevice"},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"address"}},{"kind":"Field","name":{"kind":"Name","value":"name"}}]}}]}}]} as unknown as DocumentNode<PrimaryFragment, unknown>;
export const RefusalFragmentDoc = {"kind":"Document","definitions":[{"kind":"FragmentDefinition","name":{"kind":"Name","value":"Refusal"},"typeCondition":{"kind":"NamedType","name":{"kind":"Name","value":"UserError"}},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"code"}},{"kind":"Field","name":{"kind":"Name","value":"message"}},{"kind":"Field","name":{"kind":"Name","value":"field"}},{"kind":"Field","name":{"kind":"Name","value":"omaMessageId"}}]}}]} as unknown as DocumentNode<RefusalFragment, unknown>;
export const OnPhoneFragmentDoc = {"kind":"Document","definitions":[{"kind":"FragmentDefinition","name":{"kind":"Name","value":"OnPhone"},"typeCondition":{"kind":"NamedType","name":{"kind":"Name","value":"Twinning"}},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"FragmentSpread","name":{"kind":"Name","value":"Pairing"}},{"kind":"InlineFragment","typeCondition":{"kind":"NamedType","name":{"kind":"Name","value":"SecondaryTwinning"}},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"voicemailAccess"},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"address"}}]}}]}}]}},{"kind":"FragmentDefinition","name":{"kind":"Name","value":"Pairing"},"typeCondition":{"kind":"NamedType","name":{"kind":"Name","value":"Twinning"}},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"id"}},{"kind":"Field","name":{"kind":"Name","value":"role"}},{"kind":"Field","name":{"kind":"Name","value":"name"}},{"kind":"Field","name":{"kind":"Name","value":"twinningStatus"}},{"kind":"Field","name":{"kind":"Name","value":"ownAddress"}},{"kind":"Field","name":{"kind":"Name","value":"otherDevice"},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"address"}},{"kind":"Field","name":{"kind":"Name","value":"name"}}]}}]}}]} as unknown as DocumentNode<OnPhoneFragment, unknown>;
export const SecondaryFragmentDoc = {"kind":"Document","definitions":[{"kind":"FragmentDefinition","name":{"kind":"Name","value":"Secondary"},"typeCondition":{"kind":"NamedType","name":{"kind":"Name","value":"SecondaryTwinning"}},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"FragmentSpread","name":{"kind":"Name","value":"Pairing"}},{"kind":"Field","name":{"kind":"Name","value":"activationCode"}},{"kind":"Field","name":{"kind":"Name","value":"voicemailAccess"},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"address"}}]}}]}},{"kind":"FragmentDefinition","name":{"kind":"Name","value":"Pairing"},"typeCondition":{"kind":"NamedType","name":{"kind":"Name","value":"Twinning"}},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"id"}},{"kind":"Field","name":{"kind":"Name","value":"role"}},{"kind":"Field","name":{"kind":"Name","value":"name"}},{"kind":"Field","name":{"kind":"Name","value":"twinningStatus"}},{"kind":"Field","name":{"kind":"Name","value":"ownAddress"}},{"kind":"Field","name":{"kind":"Name","value":"otherDevice"},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"address"}},{"kind":"Field","name":{"kind":"Name","value":"name"}}]}}]}}]} as unknown as DocumentNode<SecondaryFragment, unknown>;
export const OnWatchFragmentDoc = {"kind":"Document","definitions":[{"kind":"FragmentDefinition","name":{"kind":"Name","value":"OnWatch"},"typeCondition":{"kind":"NamedType","name":{"kind":"Name","value":"Twinning"}},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"FragmentSpread","name":{"kind":"Name","value":"Pairing"}},{"kind":"FragmentSpread","name":{"kind":"Name","value":"Secondary"}}]}},{"kind":"FragmentDefinition","name":{"kind":"Name","value":"Pairing"},"typeCondition":{"kind":"NamedType","name":{"kind":"Name","value":"Twinning"}},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"id"}},{"kind":"Field","name":{"kind":"Name","value":"role"}},{"kind":"Field","name":{"kind":"Name","value":"name"}},{"kind":"Field","name":{"kind":"Name","value":"twinningStatus"}},{"kind":"Field","name":{"kind":"Name","value":"ownAddress"}},{"kind":"Field","name":{"kind":"Name","value":"otherDevice"},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"address"}},{"kind":"Field","name":{"kind":"Name","value":"name"}}]}}]}},{"kind":"FragmentDefinition","name":{"kind":"Name","value":"Secondary"},"typeCondition":{"kind":"NamedType","name":{"kind":"Name","value":"SecondaryTwinning"}},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"FragmentSpread","name":{"kind":"Name","value":"Pairing"}},{"kind":"Field","name":{"kind":"Name","value":"activationCode"}},{"kind":"Field","name":{"kind":"Name","value":"voicemailAccess"},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"address"}}]}}]}}]} as unknown as DocumentNode<OnWatchFragment, unknown>;
export const SetTwinningStatusDocument = {"kind":"Document","definitions":[{"kind":"OperationDefinition","operation":"mutation","name":{"kind":"Name","value":"SetTwinningStatus"},"variableDefinitions":[{"kind":"VariableDefinition","variable":{"kind":"Variable","name":{"kind":"Name","value":"input"}},"type":{"kind":"NonNullType","type":{"kind":"NamedType","name":{"kind":"Name","value":"SetTwinningStatusInput"}}}}],"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"setTwinningStatus"},"arguments":[{"kind":"Argument","name":{"kind":"Name","value":"input"},"value":{"kind":"Variable","name":{"kind":"Name","value":"input"}}}],"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"twinning"},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"FragmentSpread","name":{"kind":"Name","value":"Pairing"}},{"kind":"InlineFragment","typeCondition":{"kind":"NamedType","name":{"kind":"Name","value":"SecondaryTwinning"}},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"voicemailAccess"},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"address"}}]}}]}}]}},{"kind":"Field","name":{"kind":"Name","value":"userErrors"},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"FragmentSpread","name":{"kind":"Name","value":"Refusal"}}]}}]}}]}},{"kind":"FragmentDefinition","name":{"kind":"Name","value":"Pairing"},"typeCondition":{"kind":"NamedType","name":{"kind":"Name","value":"Twinning"}},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"id"}},{"kind":"Field","name":{"kind":"Name","value":"role"}},{"kind":"Field","name":{"kind":"Name","value":"name"}},{"kind":"Field","name":{"kind":"Name","value":"twinningStatus"}},{"kind":"Field","name":{"kind":"Name","value":"ownAddress"}},{"kind":"Field","name":{"kind":"Name","value":"otherDevice"},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"address"}},{"kind":"Field","name":{"kind":"Name","value":"name"}}]}}]}},{"kind":"FragmentDefinition","name":{"kind":"Name","value":"Refusal"},"typeCondition":{"kind":"NamedType","name":{"kind":"Name","value":"UserError"}},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"code"}},{"kind":"Field","name":{"kind":"Name","value":"message"}},{"kind":"Field","name":{"kind":"Name","value":"field"}},{"kind":"Field","name":{"kind":"Name","value":"omaMessageId"}}]}}]} as unknown as DocumentNode<SetTwinningStatusMutation, SetTwinningStatusMutationVariables>;
export const RenameTwinningDocument = {"kind":"Document","definitions":[{"kind":"OperationDefinition","operation":"mutation","name":{"kind":"Name","value":"RenameTwinning"},"variableDefinitions":[{"kind":"VariableDefinition","variable":{"kind":"Variable","name":{"kind":"Name","value":"input"}},"type":{"kind":"NonNullType","type":{"kind":"NamedType","name":{"kind":"Name","value":"RenameTwinningInput"}}}}],"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"renameTwinning"},"arguments":[{"kind":"Argument","name":{"kind":"Name","value":"input"},"value":{"kind":"Variable","name":{"kind":"Name","value":"input"}}}],"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"twinning"},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"id"}},{"kind":"Field","name":{"kind":"Name","value":"name"}}]}},{"kind":"Field","name":{"kind":"Name","value":"userErrors"},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"FragmentSpread","name":{"kind":"Name","value":"Refusal"}}]}}]}}]}},{"kind":"FragmentDefinition","name":{"kind":"Name","value":"Refusal"},"typeCondition":{"kind":"NamedType","name":{"kind":"Name","value":"UserError"}},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"code"}},{"kind":"Field","name":{"kind":"Name","value":"message"}},{"kind":"Field","name":{"kind":"Name","value":"field"}},{"kind":"Field","name":{"kind":"Name","value":"omaMessageId"}}]}}]} as unknown as DocumentNode<RenameTwinningMutation, RenameTwinningMutationVariables>;
export const DeleteTwinningDocument = {"kind":"Document","definitions":[{"kind":"OperationDefinition","operation":"mutation","name":{"kind":"Name","value":"DeleteTwinning"},"variableDefinitions":[{"kind":"VariableDefinition","variable":{"kind":"Variable","name":{"kind":"Name","value":"input"}},"type":{"kind":"NonNullType","type":{"kind":"NamedType","name":{"kind":"Name","value":"DeleteTwinningInput"}}}}],"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"deleteTwinning"},"arguments":[{"kind":"Argument","name":{"kind":"Name","value":"input"},"value":{"kind":"Variable","name":{"kind":"Name","value":"input"}}}],"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"deletedTwinningId"}},{"kind":"Field","name":{"kind":"Name","value":"userErrors"},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"FragmentSpread","name":{"kind":"Name","value":"Refusal"}}]}}]}}]}},{"kind":"FragmentDefinition","name":{"kind":"Name","value":"Refusal"},"typeCondition":{"kind":"NamedType","name":{"kind":"Name","value":"UserError"}},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"code"}},{"kind":"Field","name":{"kind":"Name","value":"message"}},{"kind":"Field","name":{"kind":"Name","value":"field"}},{"kind":"Field","name":{"kind":"Name","value":"omaMessageId"}}]}}]} as unknown as DocumentNode<DeleteTwinningMutation, DeleteTwinningMutationVariables>;
export const PhoneTwinningsDocument = {"kind":"Document","definitions":[{"kind":"OperationDefinition","operation":"query","name":{"kind":"Name","value":"PhoneTwinnings"},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"twinningDevice"},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"address"}},{"kind":"Field","name":{"kind":"Name","value":"twinnings"},"arguments":[{"kind":"Argument","name":{"kind":"Name","value":"first"},"value":{"kind":"IntValue","value":"20"}}],"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"nodes"},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"FragmentSpread","name":{"kind":"Name","value":"OnPhone"}}]}}]}}]}}]}},{"kind":"FragmentDefinition","name":{"kind":"Name","value":"Pairing"},"typeCondition":{"kind":"NamedType","name":{"kind":"Name","value":"Twinning"}},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"id"}},{"kind":"Field","name":{"kind":"Name","value":"role"}},{"kind":"Field","name":{"kind":"Name","value":"name"}},{"kind":"Field","name":{"kind":"Name","value":"twinningStatus"}},{"kind":"Field","name":{"kind":"Name","value":"ownAddress"}},{"kind":"Field","name":{"kind":"Name","value":"otherDevice"},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"address"}},{"kind":"Field","name":{"kind":"Name","value":"name"}}]}}]}},{"kind":"FragmentDefinition","name":{"kind":"Name","value":"OnPhone"},"typeCondition":{"kind":"NamedType","name":{"kind":"Name","value":"Twinning"}},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"FragmentSpread","name":{"kind":"Name","value":"Pairing"}},{"kind":"InlineFragment","typeCondition":{"kind":"NamedType","name":{"kind":"Name","value":"SecondaryTwinning"}},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"voicemailAccess"},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"address"}}]}}]}}]}}]} as unknown as DocumentNode<PhoneTwinningsQuery, PhoneTwinningsQueryVariables>;
export const PhoneChangesDocument = {"kind":"Document","definitions":[{"kind":"OperationDefinition","operation":"subscription","name":{"kind":"Name","value":"PhoneChanges"},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"twinningChanged"},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"kind"}},{"kind":"Field","name":{"kind":"Name","value":"twinningId"}},{"kind":"Field","name":{"kind":"Name","value":"twinning"},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"FragmentSpread","name":{"kind":"Name","value":"OnPhone"}}]}}]}}]}},{"kind":"FragmentDefinition","name":{"kind":"Name","value":"Pairing"},"typeCondition":{"kind":"NamedType","name":{"kind":"Name","value":"Twinning"}},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"id"}},{"kind":"Field","name":{"kind":"Name","value":"role"}},{"kind":"Field","name":{"kind":"Name","value":"name"}},{"kind":"Field","name":{"kind":"Name","value":"twinningStatus"}},{"kind":"Field","name":{"kind":"Name","value":"ownAddress"}},{"kind":"Field","name":{"kind":"Name","value":"otherDevice"},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"address"}},{"kind":"Field","name":{"kind":"Name","value":"name"}}]}}]}},{"kind":"FragmentDefinition","name":{"kind":"Name","value":"OnPhone"},"typeCondition":{"kind":"NamedType","name":{"kind":"Name","value":"Twinning"}},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"FragmentSpread","name":{"kind":"Name","value":"Pairing"}},{"kind":"InlineFragment","typeCondition":{"kind":"NamedType","name":{"kind":"Name","value":"SecondaryTwinning"}},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"voicemailAccess"},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"address"}}]}}]}}]}}]} as unknown as DocumentNode<PhoneChangesSubscription, PhoneChangesSubscriptionVariables>;
export const ActivateTwinningDocument = {"kind":"Document","definitions":[{"kind":"OperationDefinition","operation":"mutation","name":{"kind":"Name","value":"ActivateTwinning"},"variableDefinitions":[{"kind":"VariableDefinition","variable":{"kind":"Variable","name":{"kind":"Name","value":"input"}},"type":{"kind":"NonNullType","type":{"kind":"NamedType","name":{"kind":"Name","value":"ActivateTwinningInput"}}}}],"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"activateTwinning"},"arguments":[{"kind":"Argument","name":{"kind":"Name","value":"input"},"value":{"kind":"Variable","name":{"kind":"Name","value":"input"}}}],"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"twinning"},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"FragmentSpread","name":{"kind":"Name","value":"OnPhone"}}]}},{"kind":"Field","name":{"kind":"Name","value":"userErrors"},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"FragmentSpread","name":{"kind":"Name","value":"Refusal"}}]}}]}}]}},{"kind":"FragmentDefinition","name":{"kind":"Name","value":"Pairing"},"typeCondition":{"kind":"NamedType","name":{"kind":"Name","value":"Twinning"}},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"id"}},{"kind":"Field","name":{"kind":"Name","value":"role"}},{"kind":"Field","name":{"kind":"Name","value":"name"}},{"kind":"Field","name":{"kind":"Name","value":"twinningStatus"}},{"kind":"Field","name":{"kind":"Name","value":"ownAddress"}},{"kind":"Field","name":{"kind":"Name","value":"otherDevice"},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"address"}},{"kind":"Field","name":{"kind":"Name","value":"name"}}]}}]}},{"kind":"FragmentDefinition","name":{"kind":"Name","value":"Refusal"},"typeCondition":{"kind":"NamedType","name":{"kind":"Name","value":"UserError"}},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"code"}},{"kind":"Field","name":{"kind":"Name","value":"message"}},{"kind":"Field","name":{"kind":"Name","value":"field"}},{"kind":"Field","name":{"kind":"Name","value":"omaMessageId"}}]}},{"kind":"FragmentDefinition","name":{"kind":"Name","value":"OnPhone"},"typeCondition":{"kind":"NamedType","name":{"kind":"Name","value":"Twinning"}},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"FragmentSpread","name":{"kind":"Name","value":"Pairing"}},{"kind":"InlineFragment","typeCondition":{"kind":"NamedType","name":{"kind":"Name","value":"SecondaryTwinning"}},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"voicemailAccess"},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"address"}}]}}]}}]}}]} as unknown as DocumentNode<ActivateTwinningMutation, ActivateTwinningMutationVariables>;
export const WatchTwinningsDocument = {"kind":"Document","definitions":[{"kind":"OperationDefinition","operation":"query","name":{"kind":"Name","value":"WatchTwinnings"},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"twinningDevice"},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"address"}},{"kind":"Field","name":{"kind":"Name","value":"twinnings"},"arguments":[{"kind":"Argument","name":{"kind":"Name","value":"first"},"value":{"kind":"IntValue","value":"20"}}],"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"nodes"},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"FragmentSpread","name":{"kind":"Name","value":"OnWatch"}}]}}]}}]}}]}},{"kind":"FragmentDefinition","name":{"kind":"Name","value":"Pairing"},"typeCondition":{"kind":"NamedType","name":{"kind":"Name","value":"Twinning"}},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"id"}},{"kind":"Field","name":{"kind":"Name","value":"role"}},{"kind":"Field","name":{"kind":"Name","value":"name"}},{"kind":"Field","name":{"kind":"Name","value":"twinningStatus"}},{"kind":"Field","name":{"kind":"Name","value":"ownAddress"}},{"kind":"Field","name":{"kind":"Name","value":"otherDevice"},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"address"}},{"kind":"Field","name":{"kind":"Name","value":"name"}}]}}]}},{"kind":"FragmentDefinition","name":{"kind":"Name","value":"Secondary"},"typeCondition":{"kind":"NamedType","name":{"kind":"Name","value":"SecondaryTwinning"}},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"FragmentSpread","name":{"kind":"Name","value":"Pairing"}},{"kind":"Field","name":{"kind":"Name","value":"activationCode"}},{"kind":"Field","name":{"kind":"Name","value":"voicemailAccess"},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"address"}}]}}]}},{"kind":"FragmentDefinition","name":{"kind":"Name","value":"OnWatch"},"typeCondition":{"kind":"NamedType","name":{"kind":"Name","value":"Twinning"}},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"FragmentSpread","name":{"kind":"Name","value":"Pairing"}},{"kind":"FragmentSpread","name":{"kind":"Name","value":"Secondary"}}]}}]} as unknown as DocumentNode<WatchTwinningsQuery, WatchTwinningsQueryVariables>;
export const WatchChangesDocument = {"kind":"Document","definitions":[{"kind":"OperationDefinition","operation":"subscription","name":{"kind":"Name","value":"WatchChanges"},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"twinningChanged"},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"kind"}},{"kind":"Field","name":{"kind":"Name","value":"twinningId"}},{"kind":"Field","name":{"kind":"Name","value":"twinning"},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"FragmentSpread","name":{"kind":"Name","value":"OnWatch"}}]}}]}}]}},{"kind":"FragmentDefinition","name":{"kind":"Name","value":"Pairing"},"typeCondition":{"kind":"NamedType","name":{"kind":"Name","value":"Twinning"}},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"id"}},{"kind":"Field","name":{"kind":"Name","value":"role"}},{"kind":"Field","name":{"kind":"Name","value":"name"}},{"kind":"Field","name":{"kind":"Name","value":"twinningStatus"}},{"kind":"Field","name":{"kind":"Name","value":"ownAddress"}},{"kind":"Field","name":{"kind":"Name","value":"otherDevice"},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"address"}},{"kind":"Field","name":{"kind":"Name","value":"name"}}]}}]}},{"kind":"FragmentDefinition","name":{"kind":"Name","value":"Secondary"},"typeCondition":{"kind":"NamedType","name":{"kind":"Name","value":"SecondaryTwinning"}},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"FragmentSpread","name":{"kind":"Name","value":"Pairing"}},{"kind":"Field","name":{"kind":"Name","value":"activationCode"}},{"kind":"Field","name":{"kind":"Name","value":"voicemailAccess"},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"address"}}]}}]}},{"kind":"FragmentDefinition","name":{"kind":"Name","value":"OnWatch"},"typeCondition":{"kind":"NamedType","name":{"kind":"Name","value":"Twinning"}},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"FragmentSpread","name":{"kind":"Name","value":"Pairing"}},{"kind":"FragmentSpread","name":{"kind":"Name","value":"Secondary"}}]}}]} as unknown as DocumentNode<WatchChangesSubscription, WatchChangesSubscriptionVariables>;
export const RequestTwinningDocument = {"kind":"Document","definitions":[{"kind":"OperationDefinition","operation":"mutation","name":{"kind":"Name","value":"RequestTwinning"},"variableDefinitions":[{"kind":"VariableDefinition","variable":{"kind":"Variable","name":{"kind":"Name","value":"input"}},"type":{"kind":"NonNullType","type":{"kind":"NamedType","name":{"kind":"Name","value":"RequestTwinningInput"}}}}],"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"requestTwinning"},"arguments":[{"kind":"Argument","name":{"kind":"Name","value":"input"},"value":{"kind":"Variable","name":{"kind":"Name","value":"input"}}}],"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"twinning"},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"FragmentSpread","name":{"kind":"Name","value":"OnWatch"}}]}},{"kind":"Field","name":{"kind":"Name","value":"userErrors"},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"FragmentSpread","name":{"kind":"Name","value":"Refusal"}}]}}]}}]}},{"kind":"FragmentDefinition","name":{"kind":"Name","value":"Pairing"},"typeCondition":{"kind":"NamedType","name":{"kind":"Name","value":"Twinning"}},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"id"}},{"kind":"Field","name":{"kind":"Name","value":"role"}},{"kind":"Field","name":{"kind":"Name","value":"name"}},{"kind":"Field","name":{"kind":"Name","value":"twinningStatus"}},{"kind":"Field","name":{"kind":"Name","value":"ownAddress"}},{"kind":"Field","name":{"kind":"Name","value":"otherDevice"},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"address"}},{"kind":"Field","name":{"kind":"Name","value":"name"}}]}}]}},{"kind":"FragmentDefinition","name":{"kind":"Name","value":"Secondary"},"typeCondition":{"kind":"NamedType","name":{"kind":"Name","value":"SecondaryTwinning"}},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"FragmentSpread","name":{"kind":"Name","value":"Pairing"}},{"kind":"Field","name":{"kind":"Name","value":"activationCode"}},{"kind":"Field","name":{"kind":"Name","value":"voicemailAccess"},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"address"}}]}}]}},{"kind":"FragmentDefinition","name":{"kind":"Name","value":"Refusal"},"typeCondition":{"kind":"NamedType","name":{"kind":"Name","value":"UserError"}},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"code"}},{"kind":"Field","name":{"kind":"Name","value":"message"}},{"kind":"Field","name":{"kind":"Name","value":"field"}},{"kind":"Field","name":{"kind":"Name","value":"omaMessageId"}}]}},{"kind":"FragmentDefinition","name":{"kind":"Name","value":"OnWatch"},"typeCondition":{"kind":"NamedType","name":{"kind":"Name","value":"Twinning"}},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"FragmentSpread","name":{"kind":"Name","value":"Pairing"}},{"kind":"FragmentSpread","name":{"kind":"Name","value":"Secondary"}}]}}]} as unknown as DocumentNode<RequestTwinningMutation, RequestTwinningMutationVariables>;

      export interface PossibleTypesResultData {
        possibleTypes: {
          [key: string]: string[]
        }
      }
      const result: PossibleTypesResultData = {
  "possibleTypes": {
    "Twinning": [
      "PrimaryTwinning",
      "SecondaryTwinning"
    ]
  }
};
      export default result;
    