using System.Globalization;
using System.Reflection;
using System.Runtime.CompilerServices;

namespace Tidemark.Architecture.Tests.PublicApi;

/// <summary>Members as C# writes them, without their bodies.</summary>
internal static class MemberText
{
    private static readonly NullabilityInfoContext Nullability = new();

    public static string Of(FieldInfo field)
    {
        string type = TypeText.Of(field.FieldType, Nullability.Create(field));
        if (field.IsLiteral)
            return $"{Access(field.IsPublic)}const {type} {field.Name} = {Literal(field.GetRawConstantValue())}";
        return $"{Access(field.IsPublic)}{(field.IsStatic ? "static " : "")}{(field.IsInitOnly ? "readonly " : "")}{type} {field.Name}";
    }

    public static string Of(ConstructorInfo constructor) =>
        $"{Access(constructor.IsPublic)}new({string.Join(", ", constructor.GetParameters().Select(Parameter))})";

    public static string Of(PropertyInfo property)
    {
        MethodInfo[] accessors = [.. property.GetAccessors(nonPublic: true).Where(method => !method.IsPrivate && !method.IsAssembly)];
        MethodInfo first = accessors.FirstOrDefault(method => method.IsPublic) ?? accessors[0];
        string required = property.IsDefined(typeof(RequiredMemberAttribute)) ? "required " : "";
        string index = string.Join(", ", property.GetIndexParameters().Select(Parameter));
        string name = index.Length == 0 ? property.Name : $"this[{index}]";
        string type = TypeText.Of(property.PropertyType, Nullability.Create(property));
        IEnumerable<MethodInfo> getterFirst = accessors.OrderBy(method => method.ReturnType == typeof(void));
        string list = string.Join(" ", getterFirst.Select(method => Accessor(method, first)));
        return $"{Access(first.IsPublic)}{required}{Modifiers(first)}{type} {name} {{ {list} }}";
    }

    public static string Of(EventInfo member) =>
        $"{Access(member.AddMethod!.IsPublic)}{Modifiers(member.AddMethod)}event {TypeText.Of(member.EventHandlerType!)} {member.Name}";

    public static string Of(MethodInfo method)
    {
        string parameters = string.Join(", ", method.GetGenericArguments().Select(argument => argument.Name));
        string name = parameters.Length == 0 ? method.Name : $"{method.Name}<{parameters}>";
        string constraints = string.Concat(method.GetGenericArguments().Select(TypeText.Constraint));
        return $"{Access(method.IsPublic)}{Modifiers(method)}{Signature(method, name)}{constraints}";
    }

    public static string Signature(MethodInfo method, string name)
    {
        string self = method.IsDefined(typeof(ExtensionAttribute)) ? "this " : "";
        string result = TypeText.Of(method.ReturnType, Nullability.Create(method.ReturnParameter));
        return $"{result} {name}({self}{string.Join(", ", method.GetParameters().Select(Parameter))})";
    }

    private static string Access(bool isPublic) => isPublic ? "" : "protected ";

    private static string Modifiers(MethodInfo method)
    {
        if (method.DeclaringType!.IsInterface)
            return method.IsStatic ? "static " : method.IsAbstract ? "" : "default ";
        if (method.IsStatic)
            return "static ";
        if (method.IsAbstract)
            return "abstract ";
        if (!method.IsVirtual || method.IsFinal)
            return "";
        return method.GetBaseDefinition() != method ? "override " : "virtual ";
    }

    private static string Accessor(MethodInfo method, MethodInfo first)
    {
        bool isSetter = method.ReturnType == typeof(void);
        bool isInit = isSetter && method.ReturnParameter.GetRequiredCustomModifiers().Contains(typeof(IsExternalInit));
        string access = first.IsPublic && !method.IsPublic ? "protected " : "";
        return access + (isInit ? "init;" : isSetter ? "set;" : "get;");
    }

    private static string Parameter(ParameterInfo parameter)
    {
        string direction = parameter.IsOut ? "out " : parameter.ParameterType.IsByRef ? (parameter.IsIn ? "in " : "ref ") : "";
        bool takesMany = parameter.IsDefined(typeof(ParamArrayAttribute)) || parameter.IsDefined(typeof(ParamCollectionAttribute));
        string many = takesMany ? "params " : "";
        string type = TypeText.Of(parameter.ParameterType, Nullability.Create(parameter));
        string value = parameter.HasDefaultValue ? $" = {Literal(parameter.RawDefaultValue)}" : "";
        return $"{many}{direction}{type} {parameter.Name}{value}";
    }

    private static string Literal(object? value) => value switch
    {
        null => "default",
        string text => $"\"{text}\"",
        bool flag => flag ? "true" : "false",
        _ => Convert.ToString(value, CultureInfo.InvariantCulture)!,
    };
}
