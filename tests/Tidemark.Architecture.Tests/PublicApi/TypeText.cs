using System.Reflection;
using System.Runtime.CompilerServices;

namespace Tidemark.Architecture.Tests.PublicApi;

/// <summary>Types as C# writes them.</summary>
internal static class TypeText
{
    private static readonly Dictionary<Type, string> Keywords = new()
    {
        [typeof(void)] = "void",
        [typeof(object)] = "object",
        [typeof(string)] = "string",
        [typeof(bool)] = "bool",
        [typeof(byte)] = "byte",
        [typeof(char)] = "char",
        [typeof(short)] = "short",
        [typeof(ushort)] = "ushort",
        [typeof(int)] = "int",
        [typeof(uint)] = "uint",
        [typeof(long)] = "long",
        [typeof(ulong)] = "ulong",
        [typeof(float)] = "float",
        [typeof(double)] = "double",
        [typeof(decimal)] = "decimal",
    };

    /// <summary>A type in a member's signature; with <paramref name="nullability"/> also the question marks.</summary>
    public static string Of(Type type, NullabilityInfo? nullability = null)
    {
        if (type.IsByRef)
            return Of(type.GetElementType()!, nullability);
        if (Nullable.GetUnderlyingType(type) is { } underlying)
            return Of(underlying) + "?";

        string mark = !type.IsValueType && nullability?.ReadState == NullabilityState.Nullable ? "?" : "";
        if (type.IsArray)
            return $"{Of(type.GetElementType()!, nullability?.ElementType)}[{new string(',', type.GetArrayRank() - 1)}]{mark}";
        if (Keywords.TryGetValue(type, out string? keyword))
            return keyword + mark;
        if (type.IsGenericParameter)
            return type.Name + mark;

        string name = Name(type);
        string arguments = string.Join(", ", OwnArguments(type).Select((argument, index) => Of(argument, ArgumentOf(nullability, index))));
        string outer = type.IsNested ? Of(type.DeclaringType!) + "." : "";
        return arguments.Length == 0 ? $"{outer}{name}{mark}" : $"{outer}{name}<{arguments}>{mark}";
    }

    public static string Declaration(Type type)
    {
        if (typeof(Delegate).IsAssignableFrom(type))
            return $"delegate {MemberText.Signature(type.GetMethod("Invoke")!, NameWithParameters(type))}";

        string bases = string.Join(", ", Bases(type).Select(parent => Of(parent)));
        string constraints = string.Concat(type.GetGenericArguments().Select(Constraint));
        return $"{Modifiers(type)}{Kind(type)} {NameWithParameters(type)}{(bases.Length == 0 ? "" : " : " + bases)}{constraints}";
    }

    public static string Constraint(Type parameter)
    {
        if (!parameter.IsGenericParameter)
            return "";

        GenericParameterAttributes attributes = parameter.GenericParameterAttributes;
        bool isStruct = attributes.HasFlag(GenericParameterAttributes.NotNullableValueTypeConstraint);
        List<string> parts = [];
        if (attributes.HasFlag(GenericParameterAttributes.ReferenceTypeConstraint))
            parts.Add("class");
        if (isStruct)
            parts.Add("struct");
        parts.AddRange(parameter.GetGenericParameterConstraints().Where(type => type != typeof(ValueType)).Select(type => Of(type)));
        if (attributes.HasFlag(GenericParameterAttributes.DefaultConstructorConstraint) && !isStruct)
            parts.Add("new()");
        return parts.Count == 0 ? "" : $" where {parameter.Name} : {string.Join(", ", parts)}";
    }

    private static NullabilityInfo? ArgumentOf(NullabilityInfo? nullability, int index) =>
        nullability is not null && index < nullability.GenericTypeArguments.Length ? nullability.GenericTypeArguments[index] : null;

    private static string Name(Type type) => type.Name.Split('`')[0];

    private static string NameWithParameters(Type type)
    {
        string parameters = string.Join(", ", OwnArguments(type).Select(argument => Of(argument)));
        return parameters.Length == 0 ? Name(type) : $"{Name(type)}<{parameters}>";
    }

    /// <summary>A nested type repeats the parameters of the types around it; only the last ones are its own.</summary>
    private static Type[] OwnArguments(Type type)
    {
        int inherited = type.IsNested ? type.DeclaringType!.GetGenericArguments().Length : 0;
        return type.GetGenericArguments()[inherited..];
    }

    private static string Modifiers(Type type)
    {
        if (type.IsInterface || type.IsEnum)
            return "";
        if (type.IsValueType)
            return type.IsDefined(typeof(IsReadOnlyAttribute), inherit: false) ? "readonly " : "";
        if (type.IsAbstract)
            return type.IsSealed ? "static " : "abstract ";
        return type.IsSealed ? "sealed " : "";
    }

    private static string Kind(Type type)
    {
        if (type.IsInterface)
            return "interface";
        if (type.IsEnum)
            return "enum";

        bool isRecord = type.GetMethod("<Clone>$") is not null
            || (type.IsValueType && type.GetMethod("PrintMembers", BindingFlags.Instance | BindingFlags.NonPublic) is not null);
        if (type.IsValueType)
            return isRecord ? "record struct" : "struct";
        return isRecord ? "record" : "class";
    }

    private static IEnumerable<Type> Bases(Type type)
    {
        if (type.IsEnum)
            return [];

        Type? parent = type.BaseType == typeof(object) || type.BaseType == typeof(ValueType) ? null : type.BaseType;
        Type[] inherited = [.. parent?.GetInterfaces() ?? [], .. type.GetInterfaces().SelectMany(face => face.GetInterfaces())];
        IEnumerable<Type> own = type.GetInterfaces().Except(inherited).Where(face => face.IsVisible && !IsEquatableToItself(face, type));
        return (parent is null ? [] : new[] { parent }).Concat(own.OrderBy(face => Of(face), StringComparer.Ordinal));
    }

    // Every record has it; it says nothing.
    private static bool IsEquatableToItself(Type face, Type type) =>
        face.IsGenericType && face.GetGenericTypeDefinition() == typeof(IEquatable<>) && face.GetGenericArguments()[0] == type;
}
